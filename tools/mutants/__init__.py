"""Breaks the code in a fixed random sample of places, and tells which of them no test notices."""
