"""Tidings: news listings in; per-topic feeds and email digests out."""
