"""Family 7: repository and history."""
