__import__("moved").to("release")  # former name, until 3.0, of: python -m scripts release
