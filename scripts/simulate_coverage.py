__import__("moved").to("coverage")  # the former name of: python -m scripts coverage
