"""Family metadata."""
