"""Compare states of the annotation, and make releases."""
