"""Trials: the public registry mirrored, its criteria read, and one person matched with them, criterion by criterion."""
