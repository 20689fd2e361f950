"""What gets into a document: any text, but no character that would break it, and no script."""

from __future__ import annotations

import pytest

from tidings.core.addresses import web_address
from tidings.core.feeds import model as safe


@pytest.mark.parametrize(
    "bad", ["\x00", "\x08", "\x0b", "\x0c", "\x1f", "\x7f", "\ud800", "\ufffe", "\uffff"]
)
def test_a_character_that_no_document_can_hold_is_left_out(bad: str) -> None:
    assert safe.plain(f"a{bad}b") == "ab"


@pytest.mark.parametrize("good", ["\t", "é", "ש", "移", "🛶", "\u2028", "]]>", "&<>"])
def test_every_other_character_stays(good: str) -> None:
    assert safe.plain(f"a{good}b") == f"a{good}b"


def test_a_title_is_one_line_and_never_blank() -> None:
    assert safe.line("  a\n\n b\t", "none") == "a b"
    assert safe.line("\x00 \u2028 ", "none") == "none"


@pytest.mark.parametrize(
    ("written", "taken"),
    [
        ("https://x.example/a?b=c#d", "https://x.example/a?b=c#d"),
        (' https://x.example/"a" b ', "https://x.example/%22a%22%20b"),
        ("https://x.example/é", "https://x.example/%C3%A9"),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("//x.example/", ""),
        ("https://", ""),
        ("https://[::1", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_only_an_address_of_the_web_is_one(written: str | None, taken: str) -> None:
    assert web_address(written) == taken
