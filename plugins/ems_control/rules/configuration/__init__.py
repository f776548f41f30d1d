"""Family 8: policy and people."""
