"""Family clauses."""
