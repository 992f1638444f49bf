"""Content: the folder it lives in, the references that claims rest on, and pages in plain language."""
