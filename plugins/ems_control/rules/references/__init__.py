"""Family 5: references between documents."""
