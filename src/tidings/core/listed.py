"""Lists of people that need not be held in memory: what they are known by, and who asks for whom.

A list that is kept in a table may have many people. What was found out about it when it was read is
kept with its fingerprint, which changes with anything that decides what it says; its people are
asked for by key, or one after the other, where they are kept.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from typing import overload

from tidings.model import Help, Problem, Recipient

Lists = Mapping[str, Sequence[Recipient]]


@dataclass(frozen=True, slots=True)
class ListFindings:
    """What reading a table came to besides its people: what is wrong with rows, which are left out
    then (`partly`), notes of rows that were skipped, the keys of the addresses that several people
    read, and the number of its people."""

    people: int = 0
    partly: bool = False
    left_out: tuple[Problem, ...] = ()
    skipped: tuple[Problem, ...] = ()
    shared: tuple[str, ...] = ()

    def written(self) -> str:
        """As JSON, for `read`."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, written: str) -> ListFindings:
        """From what `written` gave."""
        told = json.loads(written)
        for name in ("left_out", "skipped"):
            told[name] = tuple(_problem(each) for each in told[name])
        return cls(**{**told, "shared": tuple(told["shared"])})


def _problem(told: Mapping[str, object]) -> Problem:
    kind = told.get("help")
    return Problem(**{**told, "help": Help(kind) if kind else None})  # type: ignore[arg-type]


class Listed(Sequence[Recipient]):
    """A list that is kept in a table, as it is by that fingerprint.

    `read` gives its people in their order, `find` one of them by the key of an address; both may
    ask the state. `kept` says that they stand there already.
    """

    def __init__(
        self,
        fingerprint: str,
        findings: ListFindings,
        read: Callable[[], Iterator[Recipient]],
        find: Callable[[str], Recipient | None],
        *,
        kept: bool,
    ) -> None:
        self.fingerprint = fingerprint
        self.findings = findings
        self._read = read
        self.find = find
        self.kept = kept

    def __iter__(self) -> Iterator[Recipient]:
        """Its people, in their order."""
        return self._read()

    def __len__(self) -> int:
        """How many people are on it."""
        return self.findings.people

    def __eq__(self, other: object) -> bool:
        """Whether another list has the same people, in the same order."""
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]

    @overload
    def __getitem__(self, at: int) -> Recipient: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Recipient]: ...
    def __getitem__(self, at: int | slice) -> Recipient | Sequence[Recipient]:
        """One of its people, or some, by their place."""
        return tuple(self._read())[at]


def in_memory(fingerprint: str, findings: ListFindings, people: Sequence[Recipient]) -> Listed:
    """A list that was just read."""
    return Listed(
        fingerprint, findings, lambda: iter(people), lambda key: _first(people, key), kept=False
    )


def fingerprint_of(people: Sequence[Recipient] | str) -> str:
    """What changes with anything that a list says; of a fingerprint, itself."""
    if isinstance(people, str):
        return people
    if isinstance(people, Listed):
        return people.fingerprint
    told = hashlib.sha256()
    rest = iter(people)
    while portion := tuple(islice(rest, 1_000)):
        told.update(repr(portion).encode())
    return told.hexdigest()


def on_lists(lists: Lists, names: Sequence[str], key: str) -> Recipient | None:
    """Somebody as the first of these lists has them that names them; None if none does."""
    for name in names:
        people = lists[name]
        found = people.find(key) if isinstance(people, Listed) else _first(people, key)
        if found:
            return found
    return None


def group_addresses(lists: Lists) -> frozenset[str]:
    """The keys of the addresses that several people read, by whichever list says so: an address
    is shared wherever it is written to."""
    return frozenset(key for people in lists.values() for key in shared_on(people))


def shared_on(people: Sequence[Recipient]) -> Sequence[str]:
    """The keys of the addresses on a list that several people read."""
    if isinstance(people, Listed):
        return people.findings.shared
    return [person.key for person in people if person.shared]


def _first(people: Sequence[Recipient], key: str) -> Recipient | None:
    return next((person for person in people if person.key == key), None)
