"""Commands that run a handbook: its site, its setup, a handbook to try."""
