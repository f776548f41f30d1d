"""A text and its history, before anybody approved anything."""
