__import__("moved").to("notation")  # former name, until 3.0, of: python -m scripts notation
