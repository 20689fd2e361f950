"""From the lines of an entry to its texts: titles without marks, summaries without links on."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Final

from tidings.core.listings.entries import Entry, is_label
from tidings.core.listings.furniture import is_byline, links_in, without_more
from tidings.core.listings.lines import Line

_LINK = re.compile(r"!?\[([^\]]*)\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")
_EMPHASIS = re.compile(r"(\*\*|__|\*|_)(?=\S)(.+)(?<=\S)\1")
_NUMBER = re.compile(r"\(?\d{1,3}[.)]\s+(?=\S)")
_URL = re.compile(r"<?(https?://[^\s<>\"]+[^\s<>\".,;:!?)\]])>?", re.IGNORECASE)
_RUBRIC_MARKS: Final = ("|", "·", "•", "»")
_MOST_DISTINCT: Final = 0.6
_MOST_RUBRICS: Final = 0.8


@dataclass(frozen=True, slots=True)
class Polished:
    """What an entry says, in words. `line` is where its title stands."""

    title: str
    summary: str
    url: str | None
    category: str | None
    line: int


def polished(entries: Sequence[Entry], links: Sequence[tuple[int, str]]) -> tuple[Polished, ...]:
    """The texts of entries that have titles. `links` are the addresses of links that were taken
    out of the file, by line; one belongs to the entry that it stands in or below."""
    if not entries:
        return ()
    heads = [_title(entry.title) for entry in entries if entry.title]
    titles, rubrics = _without_rubrics(_without_numbers([title for title, _ in heads]))
    links_stand_alone = _links_stand_alone(entries)
    bounds: list[float] = [*(entry.first for entry in entries[1:]), inf]
    made = []
    for entry, title, rubric, (_, url), bound in zip(
        entries, titles, rubrics, heads, bounds, strict=True
    ):
        summary, more = _summary(entry.body, links_stand_alone=links_stand_alone)
        within = _between(links, entry.first, bound)
        alone = [match[1] for line in entry.body if (match := _URL.fullmatch(line.bare))]
        inside = [match[1] for line in entry.body for match in _URL.finditer(line.text[:2000])]
        other = [*more, *within, *alone, *_links(entry.body), *inside]
        address = url or next(iter(other), None)
        line = entry.title.number if entry.title else 0
        made.append(Polished(title, summary, address, rubric or _category(entry), line))
    return tuple(made)


def _between(links: Sequence[tuple[int, str]], first: int, bound: float) -> list[str]:
    at = bisect_left(links, (first, ""))
    within = []
    while at < len(links) and links[at][0] < bound:
        within.append(links[at][1])
        at += 1
    return within


def _title(line: Line) -> tuple[str, str | None]:
    """A title without heading marks, emphasis and link syntax, and the address of its link."""
    text = line.bare.strip()
    if line.mark.startswith("#"):
        text = text.rstrip("#").rstrip()
    links = links_in(text)
    text = " ".join(_LINK.sub(r"\1", text).split())
    while match := _EMPHASIS.fullmatch(text):
        text = match[2]
    text, more = without_more(text) if links else (text, None)
    return text, links[0] if links else more


def _without_numbers(titles: Sequence[str]) -> list[str]:
    """Titles without the numbers of a list, if all of them are numbered."""
    numbered = [_NUMBER.match(title) for title in titles]
    if len(titles) >= 3 and all(numbered):
        pairs = zip(titles, numbered, strict=True)
        return [title[match.end() :] for title, match in pairs if match]
    return list(titles)


def _without_rubrics(titles: Sequence[str]) -> tuple[list[str], list[str | None]]:
    """Titles apart from the few rubrics that they begin with: "NORMATIVA ...", "News | ..."."""
    for split in (_capitals, _marked):
        parts = [split(title) for title in titles]
        rubrics = [rubric for rubric, _ in parts if rubric]
        often = len(titles) >= 4 and len(rubrics) >= _MOST_RUBRICS * len(titles)
        if often and len(set(rubrics)) <= _MOST_DISTINCT * len(rubrics):
            return [rest for _, rest in parts], [rubric or None for rubric, _ in parts]
    return list(titles), [None] * len(titles)


def _capitals(title: str) -> tuple[str, str]:
    """The words in capitals that the title begins with, and the rest."""
    words = title.split(" ")
    count = 0
    while count < len(words) - 1 and words[count].isupper() and len(words[count]) > 2:
        count += 1
    return " ".join(words[:count]), " ".join(words[count:])


def _marked(title: str) -> tuple[str, str]:
    for mark in _RUBRIC_MARKS:
        head, found, rest = title.partition(f" {mark} ")
        if found and len(head) <= 40 and rest.strip():
            return head.strip(), rest.strip()
    return "", title


def _summary(body: Sequence[Line], *, links_stand_alone: bool) -> tuple[str, list[str]]:
    """The paragraphs joined, and the addresses of links to the full text that were cut off."""
    texts, urls = [], []
    for line in body:
        if links_stand_alone and _URL.fullmatch(line.bare):
            continue
        text, url = without_more(line.text)
        if url:
            urls.append(url)
        if text:
            texts.append(text)
    return " ".join(texts), urls


def _links_stand_alone(entries: Sequence[Entry]) -> bool:
    """True when a line with nothing but an address is part of the entries' form."""
    having = [sum(_URL.fullmatch(line.bare) is not None for line in e.body) for e in entries]
    return len(having) > 1 and sum(count == 1 for count in having) > len(having) / 2


def _links(body: Sequence[Line]) -> list[str]:
    return [url for line in body if "](" in line.text for url in links_in(line.text)]


def _category(entry: Entry) -> str | None:
    """The first label among an entry's details that has letters and names no writer."""
    labels = [entry.date.detail] if entry.date and entry.date.detail else []
    labels += [line.bare for line in entry.details if is_label(line)]
    for label in labels:
        if any(sign.isalpha() for sign in label) and not is_byline(label):
            return label.strip(" :|•·–—-*_[]()")
    return None
