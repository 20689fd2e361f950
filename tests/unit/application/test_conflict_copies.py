"""What becomes of a copy that a program made beside a listing: nothing is lost, nothing doubled."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pressroom import Pressroom, pressroom
from tidings.entrypoints import wiring

FIRST = "8 May, 2026\n\nThe ferry is back\n\nShe lies at the quay since noon.\n"
ONLY = "\n7 May, 2026\n\nSwimming lessons begin\n\nChildren meet at the pool.\n"
COPIES = ("news (1).txt", "news-PCNAME.txt", "news (conflicted copy).txt")


@pytest.fixture
def room(tmp_path: Path) -> Pressroom:
    made = pressroom(tmp_path)
    (made.root / "seeds/may.txt").unlink()
    made.write("seeds/news.txt", FIRST)
    return made


def titles(room: Pressroom) -> dict[str, str]:
    found: dict[str, str] = {}

    def look(store: object, _key: bytes) -> None:
        with store.reading() as state:  # type: ignore[attr-defined]
            found.update({each.title: each.summary for each in state.items.all() if each.listed})

    room.decide(look)
    return found


@pytest.mark.parametrize("name", COPIES)
def test_what_both_say_is_one_item_and_what_only_the_copy_has_is_published(
    room: Pressroom, name: str
) -> None:
    room.run("none")
    room.write(f"seeds/{name}", FIRST + ONLY)
    assert room.plan_and_run("none").report.recorded.new == 1
    assert titles(room).keys() == {"The ferry is back", "Swimming lessons begin"}
    notes = wiring.unread_files(wiring.load_instance(room.root, room.environ))
    assert [(note.path, "seeds/news.txt" in note.message) for note in notes] == [
        (f"seeds/{name}", True)
    ]
    (room.root / "seeds" / name).unlink()
    room.write("seeds/news.txt", FIRST + ONLY)
    room.pass_days(1)
    room.plan_and_run("none")
    assert len(titles(room)) == 2


@pytest.mark.parametrize("name", COPIES)
def test_another_text_in_the_copy_leaves_an_item_that_was_known_as_it_is(
    room: Pressroom, name: str
) -> None:
    room.run("none")
    room.write(f"seeds/{name}", FIRST.replace("noon", "dusk"))
    room.plan_and_run("none")
    assert titles(room) == {"The ferry is back": "She lies at the quay since noon."}


def test_another_title_in_the_copy_makes_a_second_item(room: Pressroom) -> None:
    room.run("none")
    room.write("seeds/news (1).txt", FIRST.replace("is back", "is back again"))
    room.plan_and_run("none")
    assert len(titles(room)) == 2


@pytest.mark.parametrize("name", COPIES)
def test_of_a_copy_that_is_first_seen_with_its_original_each_item_is_once(
    room: Pressroom, name: str
) -> None:
    room.write(f"seeds/{name}", FIRST.replace("noon", "dusk") + ONLY)
    room.run("none")
    assert titles(room) == {
        "The ferry is back": "She lies at the quay since dusk.",
        "Swimming lessons begin": "Children meet at the pool.",
    }, "the file whose name comes first speaks for both"
