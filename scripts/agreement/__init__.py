"""How far two annotators agree, and how their disagreements were decided."""
