"""Pure functions from gold and predicted items to counts that add up; without input, output or statistics."""
