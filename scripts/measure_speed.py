__import__("moved").to("speed")  # former name, until 3.0, of: python -m scripts speed
