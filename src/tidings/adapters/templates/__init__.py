"""Templates: found, checked and rendered by `environment`, in words of `translations`, with dates
and numbers by `formats`."""

from __future__ import annotations

from tidings.adapters.templates.environment import Templates
from tidings.adapters.templates.formats import Formats, language_name, safe_url
from tidings.adapters.templates.translations import Source

__all__ = ["Formats", "Source", "Templates", "language_name", "safe_url"]
