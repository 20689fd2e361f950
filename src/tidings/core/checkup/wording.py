"""Sentences of failures as findings: what is wrong, and what to do."""

from __future__ import annotations

from tidings.model import Finding


def from_error(check: str, text: str) -> Finding:
    """The words of an error, "PLACE: WHAT: REMEDY" or "WHAT: REMEDY", as a finding."""
    message, _, remedy = text.partition(": ")
    if " " not in message:
        what, _, remedy = remedy.partition(": ")
        message = f"{message}: {what}"
    return Finding(check, message, remedy)
