"""Random entries, rendered in every supported layout, are read back as they were."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from babel.dates import format_date
from hypothesis import given
from hypothesis import strategies as st

from tests.sampling import sampled
from tidings.core.listings import DEFAULT_LANGUAGES, parse

Entry = tuple[date, str, str]
Render = Callable[[str, str, str], list[str]]

NOUNS = [
    "Hub",
    "Office",
    "Ministry",
    "Campaign",
    "Report",
    "Agreement",
    "Workshop",
    "Council",
    "Study",
    "Guide",
]
VERBS = ["opens", "presents", "trains", "supports", "receives", "discusses", "explains", "reviews"]
OBJECTS = [
    "workers",
    "employers",
    "partners",
    "visitors",
    "families",
    "students",
    "farmers",
    "migrants",
]
PLACES = ["San José", "Guatemala City", "the border region", "Mexico", "Costa Rica", "the coast"]

titles = st.builds(
    lambda noun, verb, thing, place, number: f"{noun} {number} {verb} {thing} in {place}",
    st.sampled_from(NOUNS), st.sampled_from(VERBS), st.sampled_from(OBJECTS),
    st.sampled_from(PLACES), st.integers(2, 9999),
)  # fmt: skip
sentences = st.builds(
    lambda thing, place, verb: (
        f"The campaign warns {thing} who look for work in {place} about false offers, and {verb} "
        "what agencies may charge and what they may not."
    ),
    st.sampled_from(OBJECTS), st.sampled_from(PLACES), st.sampled_from(VERBS),
)  # fmt: skip
entries = st.lists(
    st.tuples(st.dates(date(1990, 1, 1), date(2090, 12, 31)), titles, sentences),
    min_size=4,
    max_size=12,
    unique_by=lambda entry: entry[1],
)

LAYOUTS: dict[str, Render] = {
    "date, title, text": lambda day, title, text: [day, "", title, "", text],
    "title, date, text": lambda day, title, text: [title, day, "", text],
    "title, text, date": lambda day, title, text: [title, text, day],
    "date - title": lambda day, title, text: [f"{day} - {title}", text],
    "list: date: title": lambda day, title, text: [f"  * {day}: {title}", "", text],
    "title (date)": lambda day, title, text: [f"{title} ({day})", text],
    "title, text date": lambda day, title, text: [title, f"{text} {day}"],
    "title, date - text": lambda day, title, text: [title, f"{day} - {text}"],
    "date | category": lambda day, title, text: [f"{day} | Report", title, text],
    "category date": lambda day, title, text: [f"Press release {day}", title, text],
    "category, date": lambda day, title, text: ["Report", day, title, text],
    "date, category": lambda day, title, text: [day, "Report", title, text],
    "byline": lambda day, title, text: [title, f"By Ana Mora on {day}", text],
    "read more": lambda day, title, text: [day, title, text, "Read more »"],
    "markdown": lambda day, title, text: [f"### {title}", "", f"_{day}_ -- {text}"],
    "links": lambda day, title, text: [f"[{title}](https://example.org/a)", day, text],
}


@pytest.mark.parametrize("layout", LAYOUTS)
@sampled(4, 130)
@given(
    st.sampled_from([tag for tag in DEFAULT_LANGUAGES if tag != "ja"]),
    entries,
    st.sampled_from(["long", "medium", "full"]),
)
def test_entries_in_any_layout_are_read_back_as_they_were_or_held(
    layout: str, language: str, written: list[Entry], width: str
) -> None:
    render = LAYOUTS[layout]
    text = ""
    for day, title, summary in written:
        shown = format_date(day, width, locale=language)
        if any(part.isalpha() and len(part) > 2 for part in shown.replace(".", " ").split()):
            lines = render(shown, title, summary)
        else:
            lines = render(day.isoformat(), title, summary)
        text += "\n".join(lines) + "\n\n\n"
    reading = parse(text, "seeds/a.txt")
    read = [(item.text.date, item.text.title, item.text.summary) for item in reading.listings]
    assert [entry[:2] for entry in read] == [entry[:2] for entry in written] or (
        not read and reading.problems
    )
    # A text that all entries have alike may pass for boilerplate.
    assert all(one[2] in ("", other[2]) for one, other in zip(read, written, strict=False))


@sampled(10, 200)
@given(entries, st.randoms())
def test_another_order_gives_the_same_entries(written: list[Entry], chance: object) -> None:
    blocks = [f"{day.isoformat()}\n{title}\n{summary}\n\n" for day, title, summary in written]
    forward, backward = parse("".join(blocks), "a"), parse("".join(reversed(blocks)), "a")
    assert {item.text for item in forward.listings} == {item.text for item in backward.listings}


@sampled(10, 200)
@given(entries)
def test_another_layout_gives_the_same_entries(written: list[Entry]) -> None:
    texts = []
    for layout in ("date, title, text", "title, date, text", "date - title"):
        blocks = ["\n".join(LAYOUTS[layout](day.isoformat(), *rest)) for day, *rest in written]
        texts.append({item.text for item in parse("\n\n\n".join(blocks), "a").listings})
    assert texts[0] == texts[1] == texts[2]
    assert len(texts[0]) == len(written)
