"""Logging: one line per outcome on standard error, `event key=value` or JSON, instants in UTC."""

from __future__ import annotations

import json
import logging
import re
import time
from typing import Literal, TextIO

FORMAT = "%(asctime)sZ %(levelname)s %(message)s"
MOMENT = "%Y-%m-%dT%H:%M:%S"

_CONVERSION = re.compile(r"%[a-z]")
_FIELD = re.compile(r"""(?<=\s)(?P<name>\w+)=(?:"(?P<quoted>[^"]*)"|(?P<bare>\S+))""")

# The part of an address before @, plain or quoted (RFC 5322 §3.4.1).
_LOCAL_PART = re.compile(r"""("[^"]*"|[^\s"<>@,;:()\[\]/]+)@(?=\S)""")

# What is secret in the links of mail: whoever has it decides for somebody.
_TOKEN = re.compile(r"""\b((?:leave|choices|confirm)/|token=)[^\s"'<>?&/]+""")
WARNINGS = "py.warnings"


def masked(text: str) -> str:
    """The text with each address in it masked: a***@example.org."""
    return _LOCAL_PART.sub(lambda found: f"{found[1].strip(chr(34))[:1]}***@", text)


def discreet(text: str) -> str:
    """The text with each address in it masked, and what is secret in the links of mail."""
    return _TOKEN.sub(r"\1***", masked(text))


def fields_of(record: logging.LogRecord) -> dict[str, object]:
    """What a record says: its event in words, and the values that go with it, by name.

    Read off its format, `event words key=%d key="%s"`, so that a value stays what it was. What
    follows on further lines is the `detail`. A record of a library is an event as a whole.
    """
    if record.name.partition(".")[0] != "tidings":
        return {"event": " ".join(record.getMessage().split()), "library": record.name}
    if not isinstance(record.msg, str) or not isinstance(record.args, tuple | type(None)):
        return {"event": record.getMessage()}
    head, _, rest = record.msg.partition("\n")
    values = iter(record.args or ())
    found: dict[str, object] = {}

    def filled(text: str) -> object:
        given = tuple(next(values) for _ in _CONVERSION.finditer(text))
        return _plain(given[0]) if _CONVERSION.fullmatch(text) else text % given

    first = _FIELD.search(head)
    event = str(filled(head[: first.start()] if first else head)).strip()
    for field in _FIELD.finditer(head):
        found[field["name"]] = filled(field["quoted"] or field["bare"] or "")
    if rest:
        found["detail"] = str(filled(rest))
    return {"event": event, **found}


def _plain(value: object) -> object:
    return value if isinstance(value, int | float) else str(value)


class JsonFormatter(logging.Formatter):
    """One JSON object a line: `time`, `level`, `event`, and the values of the event."""

    def __init__(self) -> None:
        super().__init__()
        self.converter = time.gmtime

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        line = {
            "time": self.formatTime(record, MOMENT) + "Z",
            "level": record.levelname.lower(),
            **fields_of(record),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        if record.levelno > logging.DEBUG:
            line = {name: discreet(v) if isinstance(v, str) else v for name, v in line.items()}
        return json.dumps(line, ensure_ascii=False)


class TextFormatter(logging.Formatter):
    """One line for each record, and a traceback below it where there is one."""

    def __init__(self) -> None:
        super().__init__(FORMAT, MOMENT)
        self.converter = time.gmtime

    def format(self, record: logging.LogRecord) -> str:
        """The record as text."""
        told = super().format(record)
        if record.name == WARNINGS:  # with the line of code below it
            told = " ".join(told.split())
        return discreet(told) if record.levelno > logging.DEBUG else told


class LogHandler(logging.StreamHandler[TextIO]):
    """Writes to standard error; of a process that says twice how it logs, only the last one."""


def to_stderr(form: Literal["text", "json"] = "text") -> None:
    """Send Tidings' log to standard error, and what libraries and Python warn of in the same form.

    Of libraries only what went wrong: the alarm clock's chatter (each tick, each overlap) and the
    statements of the database are no outcomes.
    """
    handler = LogHandler()
    handler.setFormatter(JsonFormatter() if form == "json" else TextFormatter())
    logger, root = logging.getLogger("tidings"), logging.getLogger()
    logger.handlers = [handler]
    logger.setLevel(logging.INFO)
    logger.propagate = False
    root.handlers = [each for each in root.handlers if not isinstance(each, LogHandler)]
    root.addHandler(handler)
    logging.captureWarnings(capture=True)
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    for name in ("uvicorn", "sqlalchemy"):
        logging.getLogger(name).setLevel(logging.WARNING)
