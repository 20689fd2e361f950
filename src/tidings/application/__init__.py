"""Arranges: use cases and transactions. Knows the world only through `ports`."""
