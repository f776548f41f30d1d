"""The forges that are built in. Light, because every command that may ask one has them in its help."""

FORGE_KINDS = {
    "github": "github-review",
    "gitlab": "gitlab-approval",
    "gitea": "gitea-review",
    "kallithea": "kallithea-vote",
}
"""The kind of evidence that the reviews of a forge are; of a forge that is not built in, NAME-review."""
