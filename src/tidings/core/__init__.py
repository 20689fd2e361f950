"""Decides: pure functions of their arguments. No files, sockets, clock, randomness, logging."""
