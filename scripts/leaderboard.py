__import__("moved").to("leaderboard")  # the former name of: python -m scripts leaderboard
