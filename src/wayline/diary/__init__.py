"""Symptoms from day to day, and the fixed rules that say when to call."""
