"""Commands that write into the handbook: new texts, revisions, records."""
