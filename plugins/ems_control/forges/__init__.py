"""Forges: what a pull request's reviews say, read over the network or from a file. An edge; the core never calls it."""
