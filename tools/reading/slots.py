"""The parts of an entry beside date, title and summary: who, what kind, how often read."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from tools.reading.boilerplate import more, picture, rule
from tools.reading.dates import clock_time
from tools.reading.wording import clause, upper_first
from tools.reading.words import Words, weighed

SUMMARY = ("sub", "body", "venue")  # what these say is part of the summary
_SLOTS = {
    "category": 26, "author": 18, "source": 9, "counter": 10, "number": 7, "kind": 12,
    "constant": 7, "venue": 8, "sub": 8, "place": 7, "clock": 3,
}  # fmt: skip
_PLACES: dict[str, dict[str, float]] = {
    "category": {"date-right": 3, "date-left": 2, "top": 2, "after": 1.5, "bottom": 1.5,
                 "front": 1.7, "glued": 0.7},
    "author": {"date-right": 3, "after": 2.5, "bottom": 2, "date-left": 1},
    "source": {"date-left": 3, "top": 2, "bottom": 1, "date-right": 1},
    "counter": {"date-right": 2, "bottom": 3, "after": 1},
    "number": {"date-right": 2, "date-left": 1, "top": 1, "after": 1, "front": 0.6},
    "kind": {"date-left": 2, "date-right": 2, "top": 2, "front": 0.5, "glued": 0.7},
    "constant": {"back": 4, "date-right": 1},
    "venue": {"after": 3, "bottom": 1},
    "sub": {"after": 3, "date-left": 0.7},
    "place": {"date-right": 2, "date-left": 1, "glued": 0.7, "top": 0.5},
    "clock": {"top": 2, "date-left": 1},
    "tags": {"bottom": 1},
    "share": {"bottom": 3, "top": 1},
    "rule": {"bottom": 1},
    "empty": {"after": 1},
    "picture": {"top": 4, "after": 1},
    "caption": {"top": 4, "after": 0.5},
}  # fmt: skip
_NUMBERS = (
    "No. {n}",
    "{n}",
    "#{n}",
    "{n}/{y}",
    "CTR-{y}-{n}",
    "IP/{y}/{n}",
    "({n})",
    "Nr. {n}/{y}",
)
_LINKED = ("category", "kind", "tags", "author", "source", "place", "more")
_OWN_LINE = ("top", "after", "bottom")
_ALONE = (("* ", ""), ("> ", ""), ("", ":"))
_ABOVE = (("caption", 0.05), ("picture", 0.13))
_BELOW = (("tags", 0.06), ("share", 0.04), ("empty", 0.01), ("rule", 0.06))
_LISTS = {
    "category": ("cats", 6), "tags": ("cats", 6), "author": ("names", 6), "source": ("who", 4),
    "counter": ("comments", 1), "kind": ("kinds", 2), "venue": ("venue", 5), "share": ("share", 1),
    "place": ("places", 5), "caption": ("caption", 3),
}  # fmt: skip
_ARROWS = ("", "", "", " »", " →", "...", "…", " >", " ›", " >>", " ...")


@dataclass(frozen=True, slots=True)
class Slot:
    """One such part at one site: where it stands, what it says, how often it is missing."""

    role: str
    place: str
    values: tuple[str, ...]
    before: str = ""
    after: str = ""
    absent: float = 0.0
    capital: bool = False
    link: bool = False
    joint: str = ", "


def draw_slots(rng: Random, words: Words, *, markdown: bool) -> tuple[Slot, ...]:
    """The slots of a site, those of the boilerplate of an entry last."""
    count = rng.choices((0, 1, 2, 3), (36, 34, 21, 9))[0]
    roles: list[str] = []
    for _ in range(count):
        role = weighed(rng, **_SLOTS)
        if role not in roles:
            roles.append(role)
    roles += [role for role, share in _ABOVE if rng.random() < share]
    roles += ["more"] if rng.random() < 0.34 else []
    for role, share in _BELOW:
        roles += [role] if rng.random() < share else []
    return tuple(_draw_slot(rng, words, role, markdown=markdown) for role in roles)


def _draw_slot(rng: Random, words: Words, role: str, *, markdown: bool) -> Slot:
    absent = rng.choice((0.0, 0.0, 0.0, 0.1, 0.3, 0.6))
    link = markdown and role in _LINKED and rng.random() < 0.5
    if role == "more":
        place = "body-end" if rng.random() < 0.35 else "bottom"
        said = more(rng, words, rng.choice(_ARROWS), link=False)
        return Slot(role, place, (said,), absent=absent / 3, link=link)
    place = weighed(rng, **_PLACES[role])
    before, after = "", ""
    if role == "author":
        before = words.pick(rng, "by") + " " if rng.random() < 0.6 else ""
    elif role == "tags":
        before = words.pick(rng, "tags") + " "
    elif role in ("category", "kind", "place") and rng.random() < 0.15:
        before, after = rng.choice(
            (("[", "]"), ("(", ")"), *(_ALONE if place in _OWN_LINE else ()))
        )
    capital = role in ("category", "kind", "place") and rng.random() < (
        0.7 if place == "front" else 0.15
    )
    values = _draw_values(rng, words, role)
    if place == "front" or place == "glued":
        before, after = "", ""
    joint = rng.choice((", ", ", ", " | ", " ", "\n* ", "\n")) if role == "tags" else ", "
    link = link and "\n" not in joint
    return Slot(role, place, values, before, after, absent, capital, link, joint)


def _draw_values(rng: Random, words: Words, role: str) -> tuple[str, ...]:
    """What the slot says, over and over, or for each entry anew."""

    if role == "counter" and rng.random() < 0.15:
        return ("{n}",)
    if role in _LISTS:
        key, most = _LISTS[role]
        known = words.lists[key]
        return tuple(rng.sample(known, rng.randint(1, min(most, len(known)))))
    fixed = {
        "number": rng.choice(_NUMBERS),
        "constant": words.pick(rng, "kinds").lower(),
        "rule": rule(rng),
        "picture": rng.choice(("markdown", "empty", "path", "file", "number", "image")),
        "empty": "##### ",
    }
    return (fixed.get(role, ""),)


def said(rng: Random, words: Words, slot: Slot, number: int) -> str:
    """What the slot says at the entry `number`; empty where it is missing."""
    if rng.random() < slot.absent:
        return ""
    text = rng.choice(slot.values)
    many = rng.random() < (0.8 if slot.role == "tags" else 0.1)
    if slot.role in ("tags", "category") and slot.place != "front" and many:
        text = slot.joint.join(rng.sample(slot.values, min(3, len(slot.values))))
    match slot.role:
        case "counter":
            text = text.format(n=rng.randint(0, 300))
        case "number":
            text = text.format(n=1400 - number, y=2021)
        case "clock":
            text = clock_time(rng)
        case "picture":
            text = picture(rng, text)
        case "sub":
            text = (
                upper_first(clause(rng, words)) if rng.random() < 0.6 else words.pick(rng, "topic")
            )
        case "caption" if rng.random() < 0.5:
            text = upper_first(clause(rng, words)) + words.stop
    if slot.role == "source":
        text = upper_first(text)
    if slot.capital:
        text = text.upper()
    if slot.link:
        text = f"[{text}](/{slot.role}/{rng.randint(1, 999)})"
    return slot.before + text + slot.after
