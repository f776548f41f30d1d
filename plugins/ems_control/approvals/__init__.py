"""What an auditor reads: records, the policy of each day, who contributed, what counts, what is in force."""
