"""File formats, and nothing of what they mean together: front matter, Markdown, tables, records, digests."""
