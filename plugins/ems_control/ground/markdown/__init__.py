"""Markdown as the site's engine reads it: blocks, headings and links with their lines, what of it is active."""
