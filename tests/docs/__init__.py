"""The documentation cannot rot: its links, names and examples are tests."""
