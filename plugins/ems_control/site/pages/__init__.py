"""Generated pages, and the page of a document."""
