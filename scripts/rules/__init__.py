"""The numbered rules on annotations, and how an annotations folder is checked against them."""
