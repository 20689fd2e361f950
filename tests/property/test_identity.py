"""Identity under every order: random small corpora with shared titles and dated, undated twins."""

from __future__ import annotations

from datetime import datetime
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from tests.builders import HOUR, MONDAY, SITE_ID, Shelf, text
from tests.sampling import sampled
from tidings.core.identity import id_by_title
from tidings.core.match import match_key
from tidings.model import Text

DAYS = {"Tide": "2026-01-05", "Ebb": "2026-01-06", "Moon": "2026-01-05"}
SUMMARIES = ["", "s", "s longer", "other"]

File = list[Text]

# Anything may share a title with anything.
twins = st.builds(
    text,
    st.sampled_from(["Tide", "tide ", "Ebb"]),
    st.sampled_from(SUMMARIES),
    st.sampled_from([None, "2026-01-05", "2026-01-06"]),
    url=st.sampled_from([None, "https://x.example/1", "https://x.example/2"]),
    category=st.sampled_from([None, "X", "Y"]),
)
spelt_alike = st.builds(
    text,
    st.sampled_from(["Tide", "Ebb"]),
    st.sampled_from(SUMMARIES),
    st.sampled_from([None, "2026-01-05", "2026-01-06"]),
)
# Each title is one piece of news: some pages know its day, some its summary.
news = st.builds(
    lambda title, summary, dated: text(title, summary, DAYS[title]) if dated else text(title, "s"),
    st.sampled_from(sorted(DAYS)),
    st.sampled_from(["", "s", "s longer"]),
    st.booleans(),
)
# Each title is a series: every issue has its day.
issues = st.builds(
    lambda title, day, summary: text(title, summary, f"2026-01-{day:02}"),
    st.sampled_from(["Tide", "Ebb"]),
    st.sampled_from([5, 12, 19]),
    st.sampled_from(["", "All tides.", "All tides of the week."]),
)


def title_of(said: Text) -> str:
    return said.title


def day_of(said: Text) -> tuple[str, object]:
    return said.title, said.date


def read_all(files: list[tuple[str, File]], now: datetime = MONDAY) -> Shelf:
    shelf = Shelf()
    for path, entries in files:
        shelf.read(path, *entries, now=now)
    return shelf


def named(files: list[File]) -> list[tuple[str, File]]:
    return [(f"{number}.txt", entries) for number, entries in enumerate(files)]


def who_is_who(shelf: Shelf) -> set[tuple[str, str, Text]]:
    """Which entry of which file is which item."""
    return {(seen.ref.path, each.id, seen.text) for each in shelf.items() for seen in each.sources}


# --- Order ---------------------------------------------------------------------------------------


@given(
    st.lists(st.lists(spelt_alike, max_size=4, unique=True), min_size=1, max_size=3), st.randoms()
)
def test_the_order_of_the_entries_in_a_file_decides_nothing(
    files: list[File], random: Random
) -> None:
    shuffled = [random.sample(entries, len(entries)) for entries in files]
    one, other = read_all(named(files)), read_all(named(shuffled))
    assert who_is_who(one) == who_is_who(other)
    assert {each.id: each.text for each in one.items()} == {
        each.id: each.text for each in other.items()
    }


@given(
    st.lists(st.lists(news, max_size=3, unique_by=title_of), min_size=1, max_size=4), st.randoms()
)
def test_ids_survive_every_order_of_the_files(files: list[File], random: Random) -> None:
    shelf = read_all(random.sample(named(files), len(files)))
    said = [entry for entries in files for entry in entries]
    assert set(shelf.known) == {id_by_title(SITE_ID, entry.title) for entry in said}
    for each in shelf.items():
        own = [entry for entry in said if entry.title == each.title]
        assert each.revision == 0
        assert each.summary == max((entry.summary for entry in own), key=len)
        assert (each.date is None) == all(entry.date is None for entry in own)


@given(
    st.lists(st.lists(issues, max_size=4, unique_by=day_of), min_size=1, max_size=4), st.randoms()
)
def test_a_series_stays_a_series_in_every_order(files: list[File], random: Random) -> None:
    shelf = read_all(random.sample(named(files), len(files)))
    issued = {day_of(entry) for entries in files for entry in entries}
    assert len(shelf.known) == len(issued)
    assert {day_of(each.text) for each in shelf.items()} == issued


@given(st.lists(issues, min_size=1, max_size=6, unique_by=day_of), st.integers(2, 4))
def test_a_series_that_scrolls_through_a_page_stays_a_series(shown: File, window: int) -> None:
    shelf = Shelf()
    for end in range(1, len(shown) + 1):
        shelf.read("a.txt", *reversed(shown[max(0, end - window) : end]))
    assert sorted(map(day_of, shown)) == sorted(day_of(each.text) for each in shelf.items())


# --- Reading again -------------------------------------------------------------------------------


@sampled(40, 400)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.lists(twins, max_size=5)), max_size=5))
def test_whatever_was_read_reading_it_again_changes_nothing(
    readings: list[tuple[str, File]],
) -> None:
    shelf, now = Shelf(), MONDAY
    latest: dict[str, File] = {}
    for path, entries in readings:
        now += HOUR
        shelf.read(path, *entries, now=now)
        latest[path] = entries
    before = dict(shelf.known)
    for path, entries in latest.items():
        now += HOUR
        changes = shelf.read(path, *entries, now=now)
        assert (changes.new, changes.revised, changes.filled) == ((), (), ())
    assert shelf.known == before


@sampled(40, 400)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.lists(twins, max_size=5)), max_size=5))
def test_whatever_is_read_every_item_stays_sound(readings: list[tuple[str, File]]) -> None:
    shelf, now = Shelf(), MONDAY
    for path, entries in readings:
        now += HOUR
        before, seen_before = dict(shelf.known), path in shelf.carried
        changes = shelf.read(path, *entries, now=now)
        if not seen_before:
            assert not changes.revised
        # Every entry is an item, and no two that differ are the same one.
        here = [seen for seen in changes.sightings if seen.position is not None]
        assert len({seen.item_id for seen in here}) == len({match_key(entry) for entry in entries})
        for each in shelf.known.values():
            assert each.published is None or each.published <= each.arrived_at
            assert (each.published is None) == (each.date is None)
            assert [revision.number for revision in each.history] == list(range(each.revision + 1))
            assert each.history[-1].text == each.text
            was = before.get(each.id)
            assert was is None or (was.slug, was.arrived) == (each.slug, each.arrived)
        for day in {each.date for each in shelf.known.values() if each.date}:
            instants = [each.published for each in shelf.known.values() if each.date == day]
            assert len(set(instants)) == len(instants)
        undated = [each.arrived for each in shelf.known.values() if each.date is None]
        assert len(set(undated)) == len(undated)
