"""The settings: their models and defaults, and every rule that a configuration must keep."""

from __future__ import annotations

from tidings.core.settings.look import Look
from tidings.core.settings.mailings import DigestsFile, NoteModel, RecipientsFile
from tidings.core.settings.read import (
    FILES,
    Fault,
    Path,
    Plain,
    Settings,
    faults_in_note,
    names_in,
    read,
    read_topics,
    unknown_languages,
    variables,
)
from tidings.core.settings.rules import TopicsFile
from tidings.core.settings.site import (
    Author,
    Feeds,
    Limits,
    Mail,
    Relay,
    Site,
    Source,
    TidingsFile,
)
from tidings.core.settings.values import (
    InvalidValue,
    check_recipient,
    parse_day,
    parse_duration,
    parse_size,
    suggestion,
)

__all__ = [
    "FILES",
    "Author",
    "DigestsFile",
    "Fault",
    "Feeds",
    "InvalidValue",
    "Limits",
    "Look",
    "Mail",
    "NoteModel",
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
    "check_recipient",
    "faults_in_note",
    "names_in",
    "parse_day",
    "parse_duration",
    "parse_size",
    "read",
    "read_topics",
    "suggestion",
    "unknown_languages",
    "variables",
]
