__import__("moved").to("diff")  # former name, until 3.0, of: python -m scripts diff
