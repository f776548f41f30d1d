"""The ground: front matter, policy, standards, digest and git. Imports nothing of the layers above."""
