"""A message body made once for all who get the same, and joined per recipient.

Everything that is alike for all readers of a variant is encoded once; what differs (their address,
their name) stands on lines of its own, which are filled and encoded for each. Quoted-printable
works line by line (RFC 2045 §6.7), so the parts joined are the bytes of the whole.
"""

from __future__ import annotations

import html
import json
import re
import zlib
from binascii import b2a_qp
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tidings.core.columns import fold_line
from tidings.core.headers import clean, field, mailbox
from tidings.model import Delivery

Kind = Literal["plain", "html", "header"]


@dataclass(frozen=True, slots=True)
class SlotLine:
    """A line of the plain or the html part, or a header, that names a fact of the recipient."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """A variant of an edition: `before` are the headers before To, `after` all that follows
    Message-ID, encoded but for the lines with slots; `slots` says what each mark stands for.
    `for_groups` is what group addresses get in its place, None as long as none of them has."""

    before: bytes
    after: tuple[bytes | SlotLine, ...]
    slots: Mapping[str, str]
    for_groups: Prepared | None = None

    def for_recipient(self, delivery: Delivery, links: Mapping[str, str] | None = None) -> bytes:
        """The message for one recipient, with CRLF line ends; `links` are their own, by slot.

        Raises DeliveryError (permanent) if the address cannot stand in a header.
        """
        name, address = clean(delivery.name), clean(delivery.address)
        known = {**(links or {}), "address": address, "name": name or address}
        plain = {mark: known.get(slot, "") for mark, slot in self.slots.items()}
        values: dict[Kind, dict[str, str]] = {
            "plain": plain,
            "html": {mark: html.escape(value) for mark, value in plain.items()},
            "header": {mark: clean(value) for mark, value in plain.items()},
        }
        parts = [
            self.before,
            field("To", mailbox(name, delivery.address)),
            b"\r\n",
            field("Message-ID", clean(delivery.message_id)),
            b"\r\n",
        ]
        marks = _marks(self.slots)
        for chunk in self.after:
            if isinstance(chunk, bytes):
                parts.append(chunk)
                continue
            said = values[chunk.kind]
            line = marks.sub(lambda mark: said[mark[0]], chunk.text)  # noqa: B023 (used at once)
            if chunk.kind == "header":
                parts.append(f"{line}\r\n".encode("ascii", "replace"))
            else:
                parts.append(_encoded(fold_line(line) if chunk.kind == "plain" else line))
        return b"".join(parts)

    def dump(self) -> bytes:
        """The variant as compressed bytes, for keeping until its last message is settled."""
        return zlib.compress(json.dumps(_plain(self)).encode("ascii"))

    @classmethod
    def load(cls, dumped: bytes) -> Prepared:
        """The variant that `dump` kept."""
        return _of(json.loads(zlib.decompress(dumped)))


def join(
    before: Sequence[bytes],
    after: Sequence[bytes | SlotLine],
    parts: Sequence[tuple[Kind, str]],
    boundary: str,
    slots: Mapping[str, str],
) -> Prepared:
    """Encode headers and parts (RFC 2046 §5.1), all but the lines with a slot."""
    chunks: list[bytes | SlotLine] = [
        header if isinstance(header, SlotLine) else header + b"\r\n" for header in after
    ]
    chunks.append(b"\r\n")
    for kind, body in parts:
        chunks.append(
            f'--{boundary}\r\nContent-Type: text/{kind}; charset="utf-8"\r\n'
            "Content-Transfer-Encoding: quoted-printable\r\n\r\n".encode("ascii")
        )
        chunks.extend(_chunks(kind, body, slots))
        chunks.append(b"\r\n")
    chunks.append(f"--{boundary}--\r\n".encode("ascii"))
    return Prepared(
        before=b"".join(header + b"\r\n" for header in before),
        after=tuple(_merged(chunks)),
        slots=slots,
    )


def _plain(body: Prepared) -> dict[str, object]:
    after = [
        chunk.decode("ascii") if isinstance(chunk, bytes) else [chunk.kind, chunk.text]
        for chunk in body.after
    ]
    more = {"for_groups": _plain(body.for_groups)} if body.for_groups else {}
    before = body.before.decode("ascii")
    return {"before": before, "after": after, "slots": dict(body.slots), **more}


def _of(plain: Mapping[str, Any]) -> Prepared:
    after = tuple(
        chunk.encode("ascii") if isinstance(chunk, str) else SlotLine(*chunk)
        for chunk in plain["after"]
    )
    for_groups = _of(plain["for_groups"]) if "for_groups" in plain else None
    return Prepared(plain["before"].encode("ascii"), after, plain["slots"], for_groups)


def _marks(slots: Iterable[str]) -> re.Pattern[str]:
    """What finds a mark; without any, it finds nothing."""
    return re.compile("|".join(slots) or "(?!)")


def _chunks(kind: Kind, body: str, slots: Mapping[str, str]) -> Iterator[bytes | SlotLine]:
    lines = body.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n").split("\n")
    marked = _marks(slots).search
    run: list[str] = []
    for line in lines:
        if not marked(line):
            run.append(line)
            continue
        if run:
            yield _encoded("\n".join(run))
            run = []
        yield SlotLine(kind, line)
    if run:
        yield _encoded("\n".join(run))


def _merged(chunks: Sequence[bytes | SlotLine]) -> Iterator[bytes | SlotLine]:
    """The same with neighbouring bytes in one piece."""
    run = b""
    for chunk in chunks:
        if isinstance(chunk, bytes):
            run += chunk
            continue
        yield run
        yield chunk
        run = b""
    yield run


def _encoded(text: str) -> bytes:
    """Whole lines in quoted-printable, each at most 76 characters, with their ends."""
    # The encoder breaks long lines in the manner of the first line end that it sees.
    data = f"{text}\n".replace("\n", "\r\n").encode("utf-8", "replace")
    return b2a_qp(data, istext=True)
