"""Family references."""
