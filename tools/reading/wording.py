"""Titles and texts, made by small grammars from the words of a language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from babel.dates import format_date

from tools.reading.words import Words, weighed

_SMALL = ("a", "an", "and", "as", "at", "by", "for", "in", "of", "on", "or", "the", "to", "with")
_PRODUCTS = ("Kelda", "OpenTide", "Larch", "Wren DB", "libmoss", "Tarn", "Quillet", "NODA", "FHX")
_ACRONYMS = ("UKB", "EU-14", "HPRC", "NODA", "GTS", "COP 31", "R&D", "AI", "5G", "WTKO", "PM2.5")
_KINDS = {
    "clause": 5.0, "topic": 4.0, "topic_where": 1.0, "colon": 1.6, "dash": 1.0, "quote": 0.9,
    "ask": 0.5, "count": 0.9, "short": 0.7, "version": 0.3, "year": 0.8, "dated": 0.35,
    "tailed": 2.4, "topical": 1.8, "long": 0.7, "sentence": 0.3, "bracket": 0.4,
    "pair": 0.4, "edition": 0.4,
}  # fmt: skip

_LONGER = ("clause", "topic_where", "colon", "tailed", "topical", "long")
_SPOKEN = {  # in English figures alone would speak for one order of day and month
    "": ("d MMMM y", "d MMMM", "dd.MM.y", "long", "d/M/y"),
    "en": ("d MMMM y", "MMMM d", "long", "y-MM-dd", "medium"),
    **dict.fromkeys(("ja", "ko", "zh"), ("long", "y-MM-dd")),
}
_PATTERNS = {
    "clause": ("{clause}",),
    "topic": ("{topic}",),
    "topic_where": ("{topic}{blank}{where}",),
    "colon": ("{who}: {topic}", "{places}: {clause}", "{cats}: {clause}", "{names}: {topic}"),
    "dash": ("{topic} – {places}", "{topic} - {topic}", "{clause} — {names}"),
    "quote": ("{quoted}", "{names}: {quoted}", "{quoted} – {names}"),
    "ask": ("{ask}",),
    "count": ("{count}",),
    "short": ("{short}", "{acronym}", "{places}"),
    "version": ("{product} {n}.{n}", "{product} 2.{n} RC1", "{product} 1.{n}.0!", "v{n}.0"),
    "year": ("{topic} {year}", "{topic} {year}", "{short} {year}/{n}"),
    "dated": ("{topic} {day}", "{topic} ({day})"),
    "tailed": ("{clause}{comma}{tail}",),
    "topical": ("{topic}: {clause}", "{topic} – {clause}", "{topic}{comma}{tail}"),
    "long": (
        "{clause}{comma}{tail} – {clause}",
        "{clause}; {topic}{comma}{tail}",
        "{clause}: {clause}",
    ),
    "sentence": ("{sentence}",),
    "bracket": (
        "{topic} ({acronym})",
        "{topic} (+ video)",
        "{clause} (PDF)",
        "[{acronym}] {who}",
    ),
    "pair": ("{topic} / {topic}", "{topic} & {topic}", "{places} + {places}"),
    "edition": ("{topic} #{n}", "{topic} {n}", "{acronym} {n}/{year}"),
}


@dataclass(frozen=True, slots=True)
class TitleStyle:
    """How one site words its titles."""

    kinds: tuple[str, ...]
    weights: tuple[float, ...]
    title_case: bool
    capitals: bool
    stop: float  # share of titles that end in a stop
    ellipsis: float  # share of titles that are cut off


@dataclass(frozen=True, slots=True)
class BodyStyle:
    """How one site words its summaries: paragraphs, sentences in each, and what is done to them."""

    paragraphs: int
    sentences: int
    items: float  # share of summaries with a list of items
    cut: str  # what a text ends in that was cut off
    dateline: bool
    byline: bool
    markdown: bool


def draw_titles(rng: Random, words: Words) -> TitleStyle:
    """A site's own mixture of titles."""
    length = rng.choice((0.4, 1.0, 2.0, 4.0, 8.0, 12.0))  # how much a site likes long titles
    weights = tuple(
        weight * rng.expovariate(1.0) ** 1.5 * (length if kind in _LONGER else 1.0)
        for kind, weight in _KINDS.items()
    )
    if rng.random() < 0.08:  # a site of one kind alone: releases, questions, short names
        only = weighed(rng, version=3, short=2, long=3, sentence=3, quote=1)
        weights = tuple(20.0 if kind == only else 0.4 for kind in _KINDS)
    cased = words.language == "en" and rng.random() < 0.45
    stops = rng.choice([0.0] * 16 + [0.1, 0.2, 0.4, 1.0]) if words.stop else 0.0
    cuts = rng.choice([0.0] * 20 + [0.1, 0.4, 0.8])
    return TitleStyle(tuple(_KINDS), weights, cased, rng.random() < 0.06, stops, cuts)


def draw_body(rng: Random, *, markdown: bool) -> BodyStyle | None:
    """A site's own kind of summary; None where it has none."""
    kind = weighed(rng, none=38, teaser=34, text=14, long=14)
    if kind == "none":
        return None
    cut = rng.choice(["...", "…", " …", "[…]", "[...]"]) if rng.random() < 0.4 else ""
    return BodyStyle(
        paragraphs={"teaser": 1, "text": rng.randint(1, 2), "long": rng.randint(2, 4)}[kind],
        sentences=rng.randint(1, 2) if kind == "teaser" else rng.randint(1, 5),
        items=rng.choice([0.0, 0.0, 0.15, 0.5]) if kind != "teaser" else 0.0,
        cut=cut if kind == "teaser" else "",
        dateline=rng.random() < 0.1,
        byline=rng.random() < 0.03,
        markdown=markdown and rng.random() < 0.5,
    )


def title(rng: Random, words: Words, style: TitleStyle, day: date) -> str:
    """One title; `day` is about the day that it speaks of."""
    kind = rng.choices(style.kinds, style.weights)[0]
    made = upper_first(_worded(rng, words, kind, day))
    if style.title_case and kind not in ("version", "sentence"):
        made = " ".join(w if w in _SMALL else upper_first(w) for w in made.split(" "))
        made = upper_first(made)
    ended = made[-1:] in ".!?？…。;;।"
    if not ended and rng.random() < style.stop:
        made += words.stop
    elif not ended and rng.random() < style.ellipsis:
        made = cut_off(made, rng.choice(["...", "…"]), words)
    return made.upper() if style.capitals or rng.random() < 0.01 else made


class _Drawn(dict[str, object]):
    """What the fields of a pattern stand for, each drawn when it is asked for."""

    def __init__(self, rng: Random, words: Words, day: date) -> None:
        super().__init__(blank=" " if words.spaced else "", comma=words.comma)
        self._rng, self._words, self._day = rng, words, day

    def __missing__(self, key: str) -> object:
        rng, words = self._rng, self._words
        match key:
            case "n":
                return rng.randint(2, 900)
            case "clause":
                return clause(rng, words)
            case "sentence":
                return sentence(rng, words, self._day)
            case "quoted":
                return words.quoted(rng, words.pick(rng, "quote"))
            case "year":
                return self._day.year + rng.choice((-1, 0, 0, 1))
            case "day":
                return _spoken_day(rng, words, self._day)
            case "product":
                return rng.choice(_PRODUCTS)
            case "acronym":
                return rng.choice(_ACRONYMS)
        return words.pick(rng, key)


def _worded(rng: Random, words: Words, kind: str, day: date) -> str:
    """The words of a title of `kind`."""
    made = rng.choice(_PATTERNS[kind]).format_map(_Drawn(rng, words, day))
    if kind == "count":
        return made.format(n=rng.randint(2, 900))
    if kind == "ask" and words.language == "en":
        return made + "?"
    return made


def clause(rng: Random, words: Words) -> str:
    """Somebody does something, often somewhere."""
    where = words.pick(rng, "where") if rng.random() < 0.6 else ""
    said = words.clause.format(
        who=words.pick(rng, "who"), does=words.pick(rng, "does"), where=where
    )
    return " ".join(said.split())


def sentence(rng: Random, words: Words, day: date) -> str:
    """One sentence of a text, with names, days and numbers in some."""
    kind = weighed(rng, plain=4, opened=3, tailed=3, counted=1, said=1, dated=1.2, asked=0.3)
    pick = words.pick
    made = clause(rng, words)
    if kind == "opened":
        made = f"{pick(rng, 'open')}{words.gap}{made}"
    elif kind == "tailed":
        made += words.comma + pick(rng, "tail")
    elif kind == "counted":
        made = pick(rng, "count").format(n=rng.randint(3, 9000))
    elif kind == "said":
        made = f"{words.quoted(rng, pick(rng, 'quote'))}{words.comma}{pick(rng, 'names')}"
    elif kind == "dated":
        made += f" ({_spoken_day(rng, words, day)})"
    elif kind == "asked":
        return upper_first(_worded(rng, words, "ask", day))
    return upper_first(made) + words.stop


def body(rng: Random, words: Words, style: BodyStyle, day: date) -> list[str]:
    """The paragraphs of one summary; a list item is one too."""
    made = []
    for _ in range(max(1, style.paragraphs + rng.choice([-1, 0, 0, 1]))):
        count = max(1, style.sentences + rng.choice([-1, 0, 0, 1]))
        text = words.gap.join(sentence(rng, words, day) for _ in range(count))
        if style.markdown and rng.random() < 0.4:
            text = _marked(rng, text)
        made.append(text)
    if style.dateline:
        place = words.pick(rng, "places")
        head = rng.choice([place, place.upper(), f"{place}, {_spoken_day(rng, words, day)}"])
        made[0] = f"{head} {rng.choice(['–', '—', '-'])} {made[0]}"
    elif style.byline:
        made[0] = f"{words.pick(rng, 'by')} {words.pick(rng, 'names')} {made[0]}"
    if rng.random() < style.items:
        mark = rng.choice(["", "* ", "- ", "• "])
        made += [mark + words.pick(rng, "items") for _ in range(rng.randint(2, 4))]
    elif style.cut:
        made[-1] = cut_off(made[-1], style.cut, words)
    return made


def _marked(rng: Random, text: str) -> str:
    """One word of `text` as a link or in bold."""
    parts = text.split(" ")
    at = rng.randrange(len(parts))
    link = f"[{parts[at]}](https://example.org/{rng.randint(10, 999)})"
    parts[at] = rng.choice([link, f"**{parts[at]}**"])
    return " ".join(parts)


def cut_off(text: str, sign: str, words: Words) -> str:
    """`text` without its last part, and `sign` for it."""
    if not words.spaced:
        return text[: max(4, len(text) * 3 // 4)].rstrip() + sign
    parts = text.rstrip(".").split(" ")
    return " ".join(parts[: max(2, len(parts) * 3 // 4)]) + sign


def _spoken_day(rng: Random, words: Words, day: date) -> str:
    """A day inside a title or a sentence, near `day`."""
    near = day + timedelta(days=rng.randint(-40, 60))
    form = rng.choice(_SPOKEN.get(words.language, _SPOKEN[""]))
    return str(format_date(near, form, locale=words.language)).replace("\u202f", " ")


def upper_first(text: str) -> str:
    """`text` with its first letter large."""
    return text[:1].upper() + text[1:]
