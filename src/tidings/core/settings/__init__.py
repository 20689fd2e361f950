"""The settings: their shapes and defaults, and every rule that a configuration must keep."""

from __future__ import annotations

from tidings.core.settings.faults import Fault, Path
from tidings.core.settings.mailings import DigestsFile, RecipientsFile
from tidings.core.settings.reading import FILES, Plain, read, read_topics, variables
from tidings.core.settings.rules import TopicsFile
from tidings.core.settings.settings import Settings
from tidings.core.settings.site import (
    Author,
    Feeds,
    Limits,
    Mail,
    Site,
    Source,
    TidingsFile,
    Worker,
)
from tidings.core.settings.transports import Relay
from tidings.core.settings.values import parse_duration, parse_size, suggestion

__all__ = [
    "FILES",
    "Author",
    "DigestsFile",
    "Fault",
    "Feeds",
    "Limits",
    "Mail",
    "Path",
    "Plain",
    "RecipientsFile",
    "Relay",
    "Settings",
    "Site",
    "Source",
    "TidingsFile",
    "TopicsFile",
    "Worker",
    "parse_duration",
    "parse_size",
    "read",
    "read_topics",
    "suggestion",
    "variables",
]
