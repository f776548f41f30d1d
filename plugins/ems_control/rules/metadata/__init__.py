"""Family 1: front matter and its values."""
