"""The meaning of the criteria language, as tables that any engine must agree with."""
