"""Positions in a text: layout, tokens and characters, tags on tokens, and the place of words without offsets."""
