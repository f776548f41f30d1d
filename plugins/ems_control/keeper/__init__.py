"""Keeping a handbook at its forge: judge what is open, record what was merged, remember nothing."""
