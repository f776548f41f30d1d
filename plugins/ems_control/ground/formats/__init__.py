"""File formats, and nothing of what they mean together: front matter, tables, records, digests, signatures."""
