"""Touches: one thing of the world each (YAML, files, SQL, SMTP, Jinja), strangers to each other."""
