"""The handbook: documents, their history and approvals, and what is in force on a day."""
