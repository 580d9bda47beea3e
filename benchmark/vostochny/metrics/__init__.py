"""Pure functions from gold and predicted items to counts that add up; no input, no output, no statistics."""
