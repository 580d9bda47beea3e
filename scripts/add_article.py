__import__("moved").to("add-article")  # the former name of: python -m scripts add-article
