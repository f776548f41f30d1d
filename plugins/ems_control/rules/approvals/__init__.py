"""Family 3: claims, records, and what they make of a text."""
