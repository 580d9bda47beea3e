"""Annotate in Label Studio: run the server, and carry the gold to it and back."""
