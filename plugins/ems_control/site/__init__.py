"""What readers see, as plain Markdown, lists and strings; no site generator is imported here."""
