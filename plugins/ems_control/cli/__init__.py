"""The `ems` command: an edge that reads arguments and writes to the terminal."""
