__import__("moved").to("add-article")  # former name, until 3.0, of: python -m scripts add-article
