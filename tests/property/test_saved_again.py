"""Files that are saved again in another way say the same: the same ids, and nothing announced."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path
from random import Random

import pytest
from hypothesis import Phase, given
from hypothesis import strategies as st

from tests.builders import HOUR, MONDAY, digest
from tests.desk import Desk, open_desk, staff
from tests.sampling import sampled
from tidings.core.listings import parse
from tidings.model import Text

SEEDS = sorted((Path(__file__).parents[2] / "seeds").glob("*.txt"))
WITHOUT_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)
ANA = "ana@example.org"


@cache
def entries() -> tuple[Text, ...]:
    """The dated entries of the sample, in the order of its files."""
    read = [parse(path.read_text("utf-8"), path.name).listings for path in SEEDS]
    return tuple(each.text for some in read for each in some if each.text.date)


def long(day: date) -> str:
    return f"{day.day} {day:%B, %Y}"


class Files:
    """What stands in the seed folder: entries by file, and how they are written."""

    def __init__(self, desk: Desk, random: Random, chosen: list[Text]) -> None:
        self.desk, self.random = desk, random
        half = len(chosen) // 2
        self.files = {"a.txt": chosen[:half], "b.txt": chosen[half:]}
        self.day: Callable[[date], str] = long
        self.written: Callable[[str], bytes] = str.encode
        self.number = 0

    def save(self) -> None:
        """Write the folder anew."""
        folder = self.desk.root / "seeds"
        for path in folder.iterdir():
            if path.name not in self.files:
                path.unlink()
        for name, some in self.files.items():
            blocks = (f"{self.day(e.date)}\n\n{e.title}\n\n{e.summary}\n" for e in some if e.date)
            (folder / name).write_bytes(self.written("\n".join(blocks)))

    def name(self) -> str:
        """A name that no file had."""
        self.number += 1
        return f"{self.random.choice('amz')}-{self.number}.txt"

    def rename(self) -> None:
        """Every file has another name."""
        self.files = {self.name(): some for some in self.files.values()}

    def split(self) -> None:
        """The largest file becomes two."""
        largest = max(self.files, key=lambda name: len(self.files[name]))
        some = self.files.pop(largest)
        half = len(some) // 2
        self.files |= {self.name(): some[:half], self.name(): some[half:]}

    def merge(self) -> None:
        """All files become one."""
        self.files = {self.name(): [each for some in self.files.values() for each in some]}

    def reorder(self) -> None:
        """The entries of each file stand in another order."""
        for some in self.files.values():
            self.random.shuffle(some)

    def encode(self) -> None:
        """Another editor saves them."""
        encoding, ending = self.random.choice(
            [("utf-8", "\r\n"), ("utf-8-sig", "\n"), ("utf-16", "\r\n"), ("utf-8", "\r")]
        )
        self.written = lambda text: text.replace("\n", ending).encode(encoding)

    def quote(self) -> None:
        """Quotes, dashes and spaces become those of another program."""
        pairs = [("'", "’"), ("’", "'"), (" - ", " – "), (". ", ".\u00a0 "), ('"', "”")]
        self.written = lambda text: _replaced(text, pairs).encode()

    def sprinkle(self) -> None:
        """What nobody sees comes along."""
        pairs = [(" of ", " \u200bof "), ("tion", "\u00adtion"), ("\n\n", "\n\n\u200e\ufeff")]
        self.written = lambda text: _replaced(text, pairs).encode()

    def redate(self) -> None:
        """Days are written in another way."""
        self.day = self.random.choice(
            [date.isoformat, long, lambda day: f"{day:%d %b %Y}", lambda day: f"{day:%Y/%m/%d}"]
        )

    def empty(self) -> None:
        """The files are emptied, looked at, and filled again."""
        files, self.files = self.files, {name: [] for name in self.files}
        self.save()
        self.desk.record(MONDAY + HOUR)
        self.files = files


def _replaced(text: str, pairs: list[tuple[str, str]]) -> str:
    for old, new in pairs:
        text = text.replace(old, new)
    return text


WAYS = [
    Files.rename, Files.split, Files.merge, Files.reorder, Files.encode, Files.quote,
    Files.sprinkle, Files.redate, Files.empty,
]  # fmt: skip


def nothing_is_new(random: Random, ways: list[Callable[[Files], None]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        desk = open_desk(Path(folder))
        desk.parse = parse
        desk.digests, desk.lists = (digest(),), staff(ANA)
        try:
            start = random.randrange(len(entries()) - 12)
            files = Files(desk, random, list(entries()[start : start + 12]))
            files.save()
            assert desk.record().new == 12
            desk.announce(send="none")
            desk.mail()
            with desk.store.reading() as state:
                known = {item.id: item.slug for item in state.items.all()}
            for hour, way in enumerate(ways, start=2):
                way(files)
                files.save()
                report = desk.record(MONDAY + hour * HOUR)
                assert report.problems == [], way
                assert (report.new, report.revised, report.retracted) == (0, 0, 0), way
            assert desk.mail(MONDAY + 99 * HOUR) == {}
            with desk.store.reading() as state:
                assert {item.id: item.slug for item in state.items.all()} == known
        finally:
            desk.store.close()


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_file_saved_in_another_way_brings_nothing_new(way: Callable[[Files], None]) -> None:
    nothing_is_new(Random(7), [way])


@sampled(2, 40, phases=WITHOUT_SHRINKING)
@given(st.randoms(), st.lists(st.sampled_from(WAYS), min_size=2, max_size=6))
def test_however_often_files_are_saved_again_nothing_is_new(
    random: Random, ways: list[Callable[[Files], None]]
) -> None:
    nothing_is_new(random, ways)
