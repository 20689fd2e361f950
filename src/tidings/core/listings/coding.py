"""How shortly a reading can be told: what is regular in a file needs few bits.

The roles of the units, and the looks of the units given their roles, as an adaptive code would tell
them (Krichevsky and Trofimov, https://doi.org/10.1109/TIT.1981.1056331). The length depends on how
often each thing is told, not on the order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import chain
from math import lgamma, log
from operator import add
from typing import Final

from tidings.core.listings.evidence import Survey
from tidings.core.listings.grammar import ROLES
from tidings.core.listings.units import Unit

_PRIOR: Final = 0.4  # of each symbol, before any was seen
_VALUES: Final = 64  # different values of a mark; more are taken for one another
_ROLE: Final = 8  # more than there are roles
_LN2: Final = log(2)


@dataclass(frozen=True, slots=True)
class Code:
    """What all readings of a file share: the marks of its units, each as numbers of its own, and
    what it costs in nats that a symbol, or a role, or a context of marks was met so often."""

    marks: tuple[Sequence[int], ...]
    symbol: Sequence[float]
    role: Sequence[float]
    context: Sequence[float]


def code_of(units: Sequence[Unit], known: Survey) -> Code:
    """Look at the marks of a file once for all its readings."""
    looks = known.looks
    marks: tuple[tuple[Sequence[Hashable], int], ...] = (
        ([look.kind for look in looks], 3),
        ([look.gap for look in looks], 5),
        ([look.mark for look in looks], 3),
        ([look.column for look in looks], 3),
        ([unit.piece for unit in units], 3),
        ([look.link for look in looks], 3),
        ([look.bucket for look in looks], 6),
        ([look.end for look in looks], 5),
        ([look.start for look in looks], 5),
        ([often > 1 for often in known.often], 2),
        ([look.label for look in looks], 2),
        (["more" in look.flags for look in looks], 2),
    )
    often = range(len(looks) + 1)
    wholes = [_PRIOR * kinds for _, kinds in marks]
    role = _PRIOR * len(ROLES)
    return Code(
        tuple(_numbered(values, number * _VALUES) for number, (values, _) in enumerate(marks)),
        [lgamma(_PRIOR) - lgamma(times + _PRIOR) for times in often],
        [lgamma(times + role) - lgamma(role) for times in often],
        [sum(lgamma(times + whole) - lgamma(whole) for whole in wholes) for times in often],
    )


def _numbered(values: Sequence[Hashable], first: int) -> list[int]:
    numbers = {value: number % _VALUES for number, value in enumerate(dict.fromkeys(values))}
    return [first + numbers[value] for value in values]


def length(code: Code, roles: Sequence[int]) -> tuple[float, float]:
    """How many bits the reading that gives the units these roles needs, and the roles alone."""
    space = len(code.marks) * _VALUES
    before = [len(ROLES), *roles[:-1]]
    places = [space * (_ROLE * last + role) for last, role in zip(before, roles, strict=True)]
    met = Counter(places).values()
    told = sum(code.symbol[often] for often in met)
    told += sum(code.role[often] for often in Counter(before).values())
    symbols = Counter(chain.from_iterable(map(add, places, values) for values in code.marks))
    looks = sum(code.symbol[often] for often in symbols.values())
    looks += sum(code.context[often] for often in met)
    return (told + looks) / _LN2, told / _LN2
