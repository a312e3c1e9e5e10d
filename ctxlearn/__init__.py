"""Translate a language no model has seen, from its books."""

__version__ = "0.1.0"
