"""From bytes to text, and places in it."""

from __future__ import annotations

import codecs

from tidings.adapters.seedbox.refusing import RefusedError


def decoded(data: bytes) -> str:
    """The text of the bytes: UTF-8, or UTF-16 where a byte order mark says so.

    Raises `RefusedError`.
    """
    encoding, mark = "utf-8", b""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif data.startswith(codecs.BOM_UTF8):
        mark = codecs.BOM_UTF8
    try:
        text = data[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        above = data[len(mark) : len(mark) + error.start].decode(encoding, errors="ignore")
        offset = len(mark) + error.start
        raise RefusedError(
            f"this is not {encoding.upper()}: byte 0x{data[offset]:02x} "
            f"at offset {offset} ({error.reason})",
            "save the file as UTF-8",
            line=line_at(above),
            column=column_at(above),
        ) from error
    at = text.find("\0")
    if at >= 0:
        raise RefusedError(
            "there is a NUL character in the file, so it is no text",
            "save it as plain text in UTF-8",
            line=line_at(text[:at]),
            column=column_at(text[:at]),
        )
    return text


def check_lines(text: str, limit: int) -> None:
    """Raises `RefusedError` if a line of the text has more than `limit` bytes."""
    data = text.encode()
    start = 0
    while len(data) - start > limit:
        end = start + limit + 1
        last_break = max(data.rfind(b"\n", start, end), data.rfind(b"\r", start, end))
        if last_break < 0:
            raise RefusedError(
                f"this line is longer than {size(limit)}",
                "break it into lines, or raise limits.line",
                line=line_at(data[:start].decode()),
            )
        start = last_break + 1


def line_at(above: str) -> int:
    """The number of the line on which `above`, all text before a place, ends."""
    return above.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1


def column_at(above: str) -> int:
    """How many characters of its line stand before a place."""
    return len(above) - max(above.rfind("\n"), above.rfind("\r"))


def size(count: int) -> str:
    """A number of bytes in words."""
    for unit, name in ((1 << 20, "MiB"), (1 << 10, "KiB")):
        if count and count % unit == 0:
            return f"{count // unit} {name}"
    return f"{count} bytes"
