"""Listings in web pages: `saved.read_page` reads one."""
