__import__("moved").to("speed")  # the former name of: python -m scripts speed
