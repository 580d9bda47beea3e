__import__("moved").to("validate")  # the former name of: python -m scripts validate
