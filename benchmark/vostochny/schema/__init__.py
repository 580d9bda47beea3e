"""The shape of gold rows and predictions, and the JSON Schemas that describe it to programs and language models."""
