__import__("moved").to("datasheet")  # former name, until 3.0, of: python -m scripts datasheet
