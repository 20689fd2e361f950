"""A message that is only tried out: marked as such, and taking nobody off a list."""

from __future__ import annotations

import re

PREFIX = "[Test] "
MARK = b"X-Tidings-Test: this is a test; it was sent to this address alone\r\n"
# Whoever tries a message out is on no list, and must not take anybody off one (RFC 2369, RFC 8058).
_LEAVING = re.compile(rb"^List-Unsubscribe(?:-Post)?:.*\r\n(?:[ \t].*\r\n)*", re.I | re.M)


def marked(message: bytes) -> bytes:
    """The message, with CRLF line ends, with a header that says so and none for leaving a list."""
    headers, rest = message.split(b"\r\n\r\n", 1)
    return MARK + _LEAVING.sub(b"", headers + b"\r\n") + b"\r\n" + rest
