__import__("moved").to("corpus")  # the former name of: python -m scripts corpus
