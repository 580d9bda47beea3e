"""The version of this package, in a module that every room may import."""

__version__ = "1.0.0"
