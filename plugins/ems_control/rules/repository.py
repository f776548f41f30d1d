"""Family repository."""
