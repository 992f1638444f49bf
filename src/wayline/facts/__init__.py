"""What is known about one person: the vocabulary, values that may be partly known, and facts derived from others."""
