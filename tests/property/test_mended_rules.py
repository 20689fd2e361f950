"""Rules of identity in any order: what arrives, what is saved again, and what is told of it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random

from hypothesis import Phase, given
from hypothesis import strategies as st

from tests.builders import HOUR, MONDAY, SITE_ID, WEEK, Shelf, digest, text
from tests.desk import open_desk, staff
from tests.sampling import sampled
from tidings.core.identity import id_by_title
from tidings.model import Text

ANA = "ana@example.org"
WITHOUT_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)
STORIES = [
    text("Labour market opens", "It opened on the old square early in the morning.", "2026-01-05"),
    text("Crane falls", "It fell into the dock at noon, and nobody was near.", "2026-01-04"),
    text("Notice", "The bridge below the school is closed for two days in May.", "2026-01-04"),
    text("Notice", "Stalls at the winter market can be had from the office now.", "2026-01-04"),
    text("Notice", "The bridge below the school is closed for two days in May.", "2026-01-03"),
    text("Boats collide", "Two of them did, and both are repaired in the hall now.", "2026-01-02"),
    text("Harbour opens", "The harbour is open from nine to five on weekdays again.", "2026-01-01"),
]
# How pages tell one story: whole, with a word changed, or its beginning.
TELLING: list[Callable[[str], str]] = [
    lambda summary: summary,
    lambda summary: f"{summary[:-1]}!",
    lambda summary: summary[:-5] + "soon.",
    lambda summary: f"{summary[:34]}…",
    lambda summary: f"  {summary.upper()} ",
    lambda summary: summary.replace(" ", " \u200b", 3),
]
told = st.builds(
    lambda at, how: (at, replace(STORIES[at], summary=how(STORIES[at].summary))),
    st.integers(0, len(STORIES) - 1),
    st.sampled_from(TELLING),
)
pages = st.lists(
    st.lists(told, min_size=1, max_size=4, unique_by=lambda each: each[0]), min_size=1, max_size=5
)


# --- The same title and day ----------------------------------------------------------------------


@sampled(60, 600)
@given(pages, st.randoms())
def test_each_story_is_one_item_in_every_order_of_its_tellings(
    files: list[list[tuple[int, Text]]], random: Random
) -> None:
    shelf = Shelf()
    found: set[int] = set()
    for number in random.sample(range(len(files)), len(files)):
        shown = files[number]
        changes = shelf.read(f"{number}.txt", *(said for _, said in shown))
        assert changes.revised == ()
        assert len(changes.new) == len({at for at, _ in shown} - found)
        found |= {at for at, _ in shown}
    assert len(shelf.known) == len(found)
    alone = {STORIES[at].title for at in found} - {"Notice"}
    assert {id_by_title(SITE_ID, title) for title in alone} <= shelf.known.keys()


# --- One file that is saved again ----------------------------------------------------------------

FORMS = ["{} | Ministry of Labour", "News: {}", "{} (press office)", "» {} «"]


def all_retitled(said: list[Text], random: Random) -> list[Text]:
    form = random.choice(FORMS)
    return [replace(each, title=form.format(each.title)) for each in said]


def some_mistyped(said: list[Text], random: Random) -> list[Text]:
    def typo(title: str) -> str:
        at = random.randrange(1, len(title))
        return f"{title[:at]}{title[at - 1]}{title[at:]}"

    return [replace(s, title=typo(s.title)) if random.random() < 0.6 else s for s in said]


def some_resummed(said: list[Text], random: Random) -> list[Text]:
    # Summaries of their own: of two stories under one, neither can be told by it.
    return [
        replace(each, summary=f"{random.random()} was told anew of the {at}th.")
        if random.random() < 0.6
        else each
        for at, each in enumerate(said)
    ]


def some_redated(said: list[Text], random: Random) -> list[Text]:
    by = timedelta(random.choice([-400, 30, 365]))
    return [
        replace(each, date=each.date + by) if each.date and random.random() < 0.6 else each
        for each in said
    ]


def scrolled(said: list[Text], random: Random) -> list[Text]:
    return said[: random.randint(1, len(said))]


def reordered(said: list[Text], random: Random) -> list[Text]:
    return random.sample(said, len(said))


CHANGES = [all_retitled, some_mistyped, some_resummed, some_redated, scrolled, reordered]


@sampled(80, 800)
@given(
    st.lists(st.sampled_from(range(len(STORIES))), min_size=1, max_size=6, unique=True),
    st.lists(st.sampled_from(CHANGES), min_size=1, max_size=4),
    st.randoms(),
)
def test_whatever_changes_in_a_file_saved_again_corrects_and_doubles_nothing(
    chosen: list[int], changes: list[Callable[[list[Text], Random], list[Text]]], random: Random
) -> None:
    # Titles of their own: of two stories under one it cannot be told which one became which.
    said = [replace(STORIES[at], title=f"{STORIES[at].title} in part {at}") for at in chosen]
    shelf, now = Shelf(), MONDAY
    shelf.read("a.txt", *said)
    ids, slugs = set(shelf.known), {each.slug for each in shelf.items()}
    for change in changes:
        said, now = change(said, random), now + HOUR
        found = shelf.read("a.txt", *said, now=now)
        assert found.new == ()
        again = shelf.read("a.txt", *said, now=now + HOUR / 2)
        assert (again.new, again.revised, again.filled) == ((), (), ())
    assert (set(shelf.known), {each.slug for each in shelf.items()}) == (ids, slugs)


# --- The newest file corrects --------------------------------------------------------------------

dumps = st.lists(
    st.lists(
        st.builds(
            lambda title, summary, url: text(title, summary, "2026-01-05", url=url),
            st.sampled_from(["Tide", "Ebb"]),
            st.sampled_from(["", "It rises.", "It rises again.", "Something else happened."]),
            st.sampled_from([None, "https://x.example/1", "https://x.example/2"]),
        ),
        max_size=2,
        unique_by=lambda said: said.title,
    ),
    min_size=1,
    max_size=4,
)


@sampled(80, 800)
@given(dumps, st.randoms())
def test_in_every_order_of_arrival_the_newest_file_has_the_last_word(
    files: list[list[Text]], random: Random
) -> None:
    outcomes = []
    for order in (range(len(files)), random.sample(range(len(files)), len(files))):
        shelf = Shelf(together=lambda _path: True)
        for number in order:
            shelf.read(f"{number + 8}.txt", *files[number])
        outcomes.append({each.id: each.text for each in shelf.items()})
    assert outcomes[0] == outcomes[1]
    for title in {said.title for shown in files for said in shown}:
        own = [said for shown in files for said in shown if said.title == title]
        (found,) = (each for each in outcomes[0].values() if each.title == title)
        last = [said.summary for said in own if said.summary][-1:]
        assert [found.summary] == (last or [""])


# --- What is told --------------------------------------------------------------------------------

VERSIONS = ["It floats.", "It sank.", "It was raised, and sails again."]


@sampled(4, 60, phases=WITHOUT_SHRINKING)
@given(
    st.lists(st.lists(st.sampled_from(VERSIONS), max_size=4), min_size=1, max_size=4),
)
def test_who_was_mailed_a_text_is_told_of_another_one_and_of_nothing_else(
    weeks: Sequence[Sequence[str]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        desk = open_desk(Path(folder))
        try:
            desk.digests, desk.lists = (digest(),), staff(ANA)
            desk.record()
            desk.announce(send="none")
            now, had = MONDAY, VERSIONS[0]
            desk.file("a.txt", f"2026-01-05 | A boat | {had}")
            assert desk.mail(now) == {ANA: "new A boat"}
            for number, versions in enumerate(weeks):
                now = MONDAY + (number + 1) * WEEK
                for hour, version in enumerate(versions):
                    desk.file("a.txt", f"2026-01-05 | A boat | {version}", now=now + hour * HOUR)
                desk.file(f"{number}.txt", f"2026-02-0{number + 1} | Tide {number} | s", now=now)
                is_now = versions[-1] if versions else had
                told = "\ncorrected A boat" if is_now != had else ""
                assert desk.mail(now + 9 * HOUR) == {ANA: f"new Tide {number}{told}"}
                had = is_now
        finally:
            desk.store.close()
