__import__("moved").to("")  # the former name of: python -m scripts COMMAND
