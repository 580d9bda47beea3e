__import__("moved").to("leaderboard")  # former name, until 3.0, of: python -m scripts leaderboard
