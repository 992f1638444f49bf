"""Laws that hold for every situation and every expression, tried with Hypothesis."""
