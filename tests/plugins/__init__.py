"""Other plugins beside ours, as they are: a test target of its own, `make test-plugins`."""
