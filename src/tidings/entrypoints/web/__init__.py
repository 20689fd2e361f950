"""The HTTP side: published files, people's own choices, and how the service is doing."""
