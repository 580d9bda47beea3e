__import__("moved").to("release")  # the former name of: python -m scripts release
