"""How lint says something: a fault that is no problem."""

from __future__ import annotations

from tidings.core.settings import Fault, Path

TOPICS = "topics.yaml"


def warning(file: str, path: Path, message: str, hint: str = "", *, at_key: bool = False) -> Fault:
    """Something that is likely a mistake."""
    return Fault(file, path, message, hint, at_key, "warning")


def note(file: str, path: Path, message: str, hint: str = "", *, at_key: bool = False) -> Fault:
    """Something worth knowing that may well be meant."""
    return Fault(file, path, message, hint, at_key, "note")
