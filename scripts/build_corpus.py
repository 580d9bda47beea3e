__import__("moved").to("corpus")  # former name, until 3.0, of: python -m scripts corpus
