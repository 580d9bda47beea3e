__import__("moved").to("label-config")  # former name, until 3.0, of: python -m scripts label-config
