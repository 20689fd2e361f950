"""What a reader of a feed would find changed."""

from __future__ import annotations

from itertools import pairwise

from tidings.core.feeds.changes import FeedChange, feed_changes
from tidings.model import FileChange

HEAD = '<feed xmlns="http://www.w3.org/2005/Atom"><title>Boats</title>'


def feed(*entries: str) -> bytes:
    return f"{HEAD}{''.join(entries)}</feed>".encode()


def entry(key: str, title: str = "A", content: str = "") -> str:
    return (
        f"<entry><id>{key}</id><title>{title}</title><updated>2026-03-01T12:00:00Z</updated>"
        f"<content>{content}</content></entry>"
    )


def compare(before: bytes | None, after: bytes | None) -> FeedChange:
    (change,) = feed_changes([FileChange("topics/boats/atom.xml", before, after)])
    return change


def test_entries_are_told_apart_by_their_ids() -> None:
    changes = compare(feed(entry("1"), entry("2")), feed(entry("2"), entry("3")))
    assert [each.id for each in changes.appearing] == ["3"]
    assert [each.id for each in changes.leaving] == ["1"]
    assert changes.changing == ()
    assert (changes.title, changes.total) == ("Boats", 2)


def test_an_entry_changes_with_anything_that_it_says() -> None:
    before = feed(entry("1", content="x"), entry("2"))
    changes = compare(before, feed(entry("1", content="y"), entry("2")))
    assert [each.id for each in changes.changing] == ["1"]


def test_order_and_space_between_entries_change_nothing() -> None:
    changes = compare(feed(entry("1"), entry("2")), feed(entry("2"), "\n  ", entry("1")))
    assert (changes.appearing, changes.changing, changes.leaving) == ((), (), ())


def test_of_a_new_feed_everything_appears_and_of_one_that_goes_everything_leaves() -> None:
    assert len(compare(None, feed(entry("1"))).appearing) == 1
    gone = compare(feed(entry("1")), None)
    assert (len(gone.leaving), gone.total, gone.title) == (1, 0, "Boats")


def test_a_published_feed_that_cannot_be_read_has_no_entries() -> None:
    bombs = ["<!ENTITY a 'aaaaaaaaaa'>"]
    bombs += [f"<!ENTITY {name} '{f'&{of};' * 10}'>" for of, name in pairwise("abcdefghi")]
    bomb = f"<!DOCTYPE feed [{''.join(bombs)}]><feed>&i;</feed>".encode()
    for broken in (b"not a feed", b"", bomb):
        assert len(compare(broken, feed(entry("1"))).appearing) == 1
