"""The rule book: small functions from a handbook to findings, each documented where it is written."""
