"""The protection that a handbook needs at a forge: one table, printed, applied and read back."""
