"""What language models are asked: the prompt, the shape of the answer, and the task that inspect_ai runs."""
