"""stage, build, serve."""
COMMANDS: list = []
