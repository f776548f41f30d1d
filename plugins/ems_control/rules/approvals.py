"""Family approvals."""
