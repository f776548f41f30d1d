"""Small faults that some test must notice; `make mutants` puts each of them in."""
