"""Messages: digests, notices, their parts, and what comes back."""
