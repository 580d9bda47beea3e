__import__("moved").to("diff")  # the former name of: python -m scripts diff
