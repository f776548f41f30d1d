"""Family 4: clauses and coverage."""
