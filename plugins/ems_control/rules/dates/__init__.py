"""Family 6: dates and reviews."""
