__import__("moved").to("validate")  # former name, until 3.0, of: python -m scripts validate
