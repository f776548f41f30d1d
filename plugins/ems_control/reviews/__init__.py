"""Pull requests: what they change, what their reviews decide, what is missing, and the records of it."""
