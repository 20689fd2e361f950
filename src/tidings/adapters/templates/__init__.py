"""Templates: found, checked and rendered by `environment`, worded by `translations`."""

from __future__ import annotations

from tidings.adapters.templates.environment import Templates
from tidings.adapters.templates.translations import Formats, Source, language_name, safe_url

__all__ = ["Formats", "Source", "Templates", "language_name", "safe_url"]
