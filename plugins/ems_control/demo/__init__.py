"""`ems demo`: a handbook with a real, signed history, for newcomers, tests and the benchmark."""
