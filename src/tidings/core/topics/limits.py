"""The lines of a rule that ask for no words: where an item comes from, when it is, which it is."""

from __future__ import annotations

from datetime import date
from fnmatch import fnmatchcase

from tidings.core.topics.verdicts import Clause
from tidings.model import Item, Rule


def limited(rule: Rule) -> bool:
    """True if more than words decides what the rule takes."""
    return bool(rule.sources or rule.after or rule.before or rule.ban)


def by_hand(rule: Rule) -> bool:
    """True if the rule takes its pins and nothing else: nothing in it asks for other items."""
    return bool(rule.pin) and not (rule.any or rule.all or rule.sources)


def admits(rule: Rule, item: Item) -> bool:
    """True if neither source nor date nor ban keeps the item out."""
    return (
        (not rule.sources or any(path_from(glob, item) for glob in rule.sources))
        and (rule.after is None or _is_after(item.date, rule.after))
        and (rule.before is None or _is_before(item.date, rule.before))
        and not names(rule.ban, item)
    )


def names(ids: tuple[str, ...], item: Item) -> bool:
    """True if the item's id or slug is among `ids`."""
    return item.id in ids or item.slug in ids


def path_from(glob: str, item: Item) -> str:
    """The first of the item's files that the glob names, "" if none does.

    `*` stands for any characters, folders included, as in the sources of tidings.yaml.
    """
    paths = (sighting.ref.path for sighting in item.sources)
    return next((path for path in paths if fnmatchcase(path, glob)), "")


def limit_clauses(rule: Rule, item: Item) -> tuple[Clause, ...]:
    """The lines on source, date, pins and bans beside an item."""
    clauses = []
    paths = ", ".join(dict.fromkeys(sighting.ref.path for sighting in item.sources))
    for glob in rule.sources:
        path = path_from(glob, item)
        clauses.append(Clause("source", glob, bool(path), seen=path or paths))
    day = item.date.isoformat() if item.date else ""
    undated = "" if day else "it has no date"
    if rule.after:
        holds = _is_after(item.date, rule.after)
        clauses.append(Clause("after", rule.after.isoformat(), holds, seen=day, remark=undated))
    if rule.before:
        holds = _is_before(item.date, rule.before)
        clauses.append(Clause("before", rule.before.isoformat(), holds, seen=day, remark=undated))
    clauses += [Clause("pin", name, names((name,), item), seen=item.id) for name in rule.pin]
    clauses += [Clause("ban", name, names((name,), item), seen=item.id) for name in rule.ban]
    return tuple(clauses)


def _is_after(day: date | None, limit: date) -> bool:
    return day is not None and day >= limit


def _is_before(day: date | None, limit: date) -> bool:
    return day is not None and day < limit
