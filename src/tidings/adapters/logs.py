"""Logging: one line per outcome on standard error, `event key=value`, instants in UTC."""

from __future__ import annotations

import logging
import re
import time

FORMAT = "%(asctime)sZ %(levelname)s %(message)s"

# The part of an address before @, plain or quoted (RFC 5322 §3.4.1).
_LOCAL_PART = re.compile(r"""("[^"]*"|[^\s"<>@,;:()\[\]/]+)@(?=\S)""")


def masked(text: str) -> str:
    """The text with each address in it masked: a***@example.org."""
    return _LOCAL_PART.sub(lambda found: f"{found[1].strip(chr(34))[:1]}***@", text)


def to_stderr() -> None:
    """Send Tidings' log to standard error."""
    handler = logging.StreamHandler()
    formatter = logging.Formatter(FORMAT, datefmt="%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    logger = logging.getLogger("tidings")
    logger.handlers = [handler]
    logger.setLevel(logging.INFO)
    logger.propagate = False
    # The alarm clock's own chatter (each tick, each overlap) is not an outcome.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
