"""Lets the environment overrule tidings.yaml: TIDINGS_SITE__TITLE is title in site."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from tidings.adapters.config.yaml import Document, Place, unprintable
from tidings.core.settings import Path, Plain, suggestion, variables
from tidings.model import Help

PREFIX = "TIDINGS_"

_SECRETS = (
    "TIDINGS_SMTP_PASSWORD",
    "TIDINGS_IMAP_PASSWORD",
    "TIDINGS_SECRET_KEY",
    "TIDINGS_SECRET_KEY_PREVIOUS",
    "TIDINGS_STATE_PASSWORD",
    # Of buckets, as every program for them knows these; _FILE is our own.
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
)
SECRETS = (*_SECRETS, *(f"{name}_FILE" for name in _SECRETS))
# Said of a deployment, and no setting.
_OTHERS = ("TIDINGS_REVISION",)


def overlay(document: Document, environ: Mapping[str, str]) -> None:
    """Write every variable that names a setting into the document, and note the ones that don't.

    An empty variable takes the setting back to its default. Secrets are left alone. The place of
    such a setting is the variable's name, so that problems name what to mend.
    """
    known = {_name(path): path for path in variables()}
    for name in sorted(environ):
        if not name.startswith(PREFIX) or name in (*SECRETS, *_OTHERS):
            continue
        path = _path(name)
        place = Place(name)
        if _name(_any_index(path)) not in known:
            hint = suggestion(name, known)
            unknown = place.problem("there is no such setting", hint, Help.UNKNOWN_SETTING)
            document.problems.append(unknown)
        elif found := unprintable(environ[name]):
            document.problems.append(place.unprintable(found))
        elif not document.unreadable:
            _put(document, path, environ[name] or None, place)


def _name(path: Path) -> str:
    return PREFIX + "__".join(str(step).upper() for step in path)


def _path(name: str) -> Path:
    steps = name.removeprefix(PREFIX).split("__")
    return tuple(
        int(step) if step.isascii() and step.isdigit() and len(step) < 4 else step.lower()
        for step in steps
    )


def _any_index(path: Path) -> Path:
    return tuple(0 if isinstance(step, int) else step for step in path)


def _put(document: Document, path: Path, value: Plain, place: Place) -> None:
    """Set a value deep in the plain data, making the mappings on the way.

    Where something else stands in the way, the file is wrong and the settings will say so.
    """
    document.plain = {} if document.plain is None else document.plain
    holder: Plain = document.plain
    for step, following in pairwise(path):
        fresh: Plain = {} if isinstance(following, str) else [] if following == 0 else None
        holder = _child(holder, step, fresh)
    if isinstance(holder, dict):
        holder[str(path[-1])] = value
        document.values[path] = document.keys[path] = place
    elif holder is None:
        message = "there is no such entry in the list, nor is it the next one"
        document.problems.append(
            place.problem(message, "entries are counted from 0", Help.WRONG_VALUE)
        )


def _child(holder: Plain, step: str | int, fresh: Plain) -> Plain:
    """What stands at a step, `fresh` if nothing does; None beyond the end of a list."""
    if isinstance(holder, dict) and isinstance(step, str):
        if holder.get(step) is None:
            holder[step] = fresh
        return holder[step]
    if isinstance(holder, list) and isinstance(step, int):
        if step == len(holder):
            holder.append(fresh)
        return holder[step] if step < len(holder) else None
    return holder
