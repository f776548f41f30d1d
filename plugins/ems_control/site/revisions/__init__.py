"""Earlier revisions and redlines: light pages at permanent addresses."""
