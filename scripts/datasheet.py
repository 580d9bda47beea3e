__import__("moved").to("datasheet")  # the former name of: python -m scripts datasheet
