"""Commands around a pull request: whom to ask, what was decided there."""
