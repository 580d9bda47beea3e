"""The version of this package, in a module that every other module may import."""

__version__ = "1.0.0"
