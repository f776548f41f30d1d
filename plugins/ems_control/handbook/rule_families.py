"""The families of rules: a folder of `rules/` and a page of the site for each."""

FAMILIES = {
    1: ("Metadata", "metadata"),
    2: ("Revisions", "revisions"),
    3: ("Approvals", "approvals"),
    4: ("Clauses and coverage", "clauses"),
    5: ("References between documents", "references"),
    6: ("Dates and reviews", "dates"),
    7: ("Repository and history", "repository"),
    8: ("Policy and people", "configuration"),
}
"""Number of a family to its title and the folder of its rules."""
