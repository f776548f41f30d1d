"""Clauses and what answers them: coverage, self-assessment, EMAS statements and indicators, migration."""
