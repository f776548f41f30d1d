"""Document control for environmental management systems: what is in force, by whose approval, from plain git."""

__version__ = "0.1.0"
