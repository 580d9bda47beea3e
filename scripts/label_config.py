__import__("moved").to("label-config")  # the former name of: python -m scripts label-config
