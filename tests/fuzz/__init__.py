"""Broken and hostile inputs, drawn by Hypothesis: a few in `make test`, 2,000 of each kind in `make fuzz`."""
