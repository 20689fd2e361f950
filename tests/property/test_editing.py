"""Editing in any order: no item is lost, ids stay, and what is undone at once is as it was."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from hypothesis import Phase, example, given
from hypothesis import strategies as st

from tests.builders import HOUR, MONDAY, topic
from tests.desk import Desk, open_desk
from tests.sampling import sampled
from tidings.application import edit
from tidings.errors import NotPossible
from tidings.model import Item

ENTRIES = [
    "2026-01-05 | Tide | It rises.",
    "2026-01-05 | Tide | It rises again.",
    "2026-01-06 | Tide | It falls.",
    "| Tide | It rises.",
    "| Ebb | It falls.",
    "2026-01-06 | Ebb | It falls.",
    "2026-01-06 | Boat | It floats.",
]
files = st.lists(st.sampled_from(ENTRIES), max_size=4, unique=True)
# Each step is a transaction on a real state: making a failure smaller would take minutes.
WITHOUT_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)
names = st.sampled_from(["a.txt", "r1.txt", "r2.txt"])
numbers = st.integers(0, 50)
# One item gets three entries of one file, of which two were items of their own.
THREE_OF_ONE_FILE: list[tuple[str, object, object]] = [
    ("merge", 24, 18),
    ("read", "r2.txt", ENTRIES[2:3]),
    ("read", "r2.txt", [ENTRIES[6], ENTRIES[3]]),
    ("split", 4, 46),
    ("merge", 21, 7),
    ("merge", 4, 45),
    ("split", 48, 1),
]
steps = st.one_of(
    st.tuples(st.just("read"), names, files),
    st.tuples(st.just("retract"), numbers, numbers),
    st.tuples(st.just("merge"), numbers, numbers),
    st.tuples(st.just("split"), numbers, numbers),
)


class Verbs:
    """The verbs on a desk: each step is done, perhaps undone and done again, and looked at."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.now = MONDAY
        self.known: dict[str, tuple[str, datetime]] = {}

    def items(self) -> list[Item]:
        """All items, told apart by nothing but their ids."""
        with self.desk.store.reading() as state:
            return sorted(state.items.all(), key=lambda each: each.id)

    def look(self) -> dict[str, object]:
        """Everything that undoing has to restore."""
        with self.desk.store.reading() as state:
            return {
                each.id: (
                    replace(each, revised_at=None),
                    state.topics.of([each.id]).get(each.id),
                )
                for each in state.items.all()
            }

    def step(self, kind: str, one: object, two: object) -> None:
        """One step at the next hour."""
        self.now += HOUR
        if kind == "read":
            assert isinstance(one, str)
            assert isinstance(two, list)
            self.desk.file(one, *two, now=self.now)
        elif self.items():
            assert isinstance(one, int)
            assert isinstance(two, int)
            with suppress(NotPossible):
                self._decide(kind, one, two)
        self.check()

    def _decide(self, kind: str, one: int, two: int) -> None:
        items, before = self.items(), self.look()
        item, other = items[one % len(items)], items[two % len(items)]
        store, editor = self.desk.store, self.desk.editor(self.now, reason="So.")
        if kind == "retract":
            if edit.retract(store, editor, item.id).changed:
                edit.undo_retract(store, editor, item.id)
                assert self.look() == before
                edit.retract(store, editor, item.id)
            else:
                edit.undo_retract(store, editor, item.id)
        elif kind == "merge":
            if edit.merge(store, editor, item.id, other.id).changed:
                edit.undo_merge(store, editor, item.id, other.id)
                assert self.look() == before
                edit.merge(store, editor, item.id, other.id)
            else:
                edit.undo_merge(store, editor, item.id, other.id)
        else:
            path = sorted({seen.ref.path for seen in item.sources})[two % 2 - 1]
            done = edit.split(store, editor, item.id, path)
            assert done.other is not None
            edit.undo_split(store, editor, item.id, path)
            assert self.look()[item.id] == before[item.id] or item.sources != done.item.sources
            again = edit.split(store, editor, item.id, path)
            assert again.other is not None
            assert again.other.id == done.other.id

    def check(self) -> None:
        """Nothing is lost, nothing is torn, and every item leads somewhere."""
        items = {each.id: each for each in self.items()}
        for item_id, (slug, arrived) in self.known.items():
            assert (items[item_id].slug, items[item_id].arrived) == (slug, arrived)
        self.known = {each.id: (each.slug, each.arrived) for each in items.values()}
        assert len({each.slug for each in items.values()}) == len(items)
        for each in items.values():
            assert each.history[-1].text == each.text
            assert [revision.number for revision in each.history] == list(range(each.revision + 1))
            assert (each.published is None) == (each.date is None)
            seen, into = {each.id}, each.merged_into
            while into:
                assert into not in seen
                seen.add(into)
                into = items[into].merged_into
        with self.desk.store.reading() as state:
            listed = set(state.lists.newest("", 1_000))
            assert listed == {each.id for each in items.values() if not each.merged_into}
            in_topics = set(state.topics.member_ids("tide"))
            assert in_topics == {i for i in listed if "tide" in items[i].title.lower()}
        # Whatever a file says now is said of exactly one item that stands for itself.
        roots = [each for each in items.values() if not each.merged_into]
        carried = [(s.ref.path, s.item_id) for each in roots for s in each.sources]
        assert len(carried) == len(set(carried))


@sampled(6, 60, phases=WITHOUT_SHRINKING)
@given(st.lists(steps, min_size=3, max_size=12))
@example(THREE_OF_ONE_FILE)
def test_whatever_is_read_and_decided_no_item_is_lost_and_undoing_restores(
    chosen: list[tuple[str, object, object]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        desk = open_desk(Path(folder), topic("tide"))
        desk.retracting = ("seeds/r*.txt",)
        try:
            verbs = Verbs(desk)
            verbs.step("read", "a.txt", ENTRIES[:1])
            for kind, one, two in chosen:
                verbs.step(kind, one, two)
        finally:
            desk.store.close()


@sampled(5, 40, phases=WITHOUT_SHRINKING)
@given(st.lists(st.tuples(names, files), min_size=1, max_size=5), numbers, numbers)
def test_a_merge_holds_against_whatever_is_read_again(
    readings: list[tuple[str, list[str]]], one: int, two: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        desk = open_desk(Path(folder), topic("tide"))
        try:
            verbs = Verbs(desk)
            for path, entries in readings:
                verbs.step("read", path, entries)
            items = verbs.items()
            if len(items) < 2:
                return
            item, other = items[one % len(items)], items[two % len(items)]
            if item.id == other.id:
                return
            edit.merge(desk.store, desk.editor(), item.id, other.id)
            latest = dict(readings)
            for path, entries in latest.items():
                verbs.step("read", path, [])
                verbs.step("read", path, entries)
            assert [each.id for each in verbs.items()] == [each.id for each in items]
        finally:
            desk.store.close()
