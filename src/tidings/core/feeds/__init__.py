"""Feeds and sitemaps. Pure: bytes are a function of what is passed in, never of the time."""
