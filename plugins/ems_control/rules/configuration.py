"""Family configuration."""
