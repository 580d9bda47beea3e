__import__("moved").to("notation")  # the former name of: python -m scripts notation
