__import__("moved").to("")  # former name, until 3.0, of: python -m scripts COMMAND
