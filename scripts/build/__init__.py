"""Generated files: the dataset and its card, the labeling configuration, the leaderboard, numbers in documents."""
