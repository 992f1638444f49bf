"""Wayline: for people with stage four cancer of the esophagus, and those who care for them."""

__version__ = "0.1.0"
