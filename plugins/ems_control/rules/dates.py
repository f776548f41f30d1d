"""Family dates."""
