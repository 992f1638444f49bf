"""Treatment options: which are worth asking about, which depend on something, which are usually not used, and why."""
