__import__("moved").to("coverage")  # former name, until 3.0, of: python -m scripts coverage
