"""Positions in a text: layout, tokens and characters, tags on tokens, and where words stand that have no offsets."""
