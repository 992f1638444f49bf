"""Three-valued logic over facts: expressions, their evaluation with reasons, and what to ask first."""
