"""Family 2: revisions and their rows."""
