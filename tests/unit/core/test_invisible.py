"""What nobody sees is dropped, and what a script or an emoji needs stays."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import Shelf, text
from tidings.core.identity import id_by_title, normalise
from tidings.core.invisible import visible
from tidings.core.listings import parse

UNSEEN = [
    "\u00ad", "\u034f", "\u061c", "\u180e", "\u200b", "\u200c", "\u200d", "\u200e", "\u200f",
    "\u202a", "\u202e", "\u2060", "\u2063", "\u2066", "\u206f", "\u3164", "\ufeff", "\uffa0",
    "\ufff9", "\U0001d173", "\U000e0001", "\U000e0041",
]  # fmt: skip


@pytest.mark.parametrize("sign", UNSEEN, ids=lambda sign: f"{ord(sign):x}")
def test_a_sign_that_nobody_sees_is_dropped_wherever_it_stands(sign: str) -> None:
    assert visible(f"{sign}Har{sign}bour{sign} {sign}ópens{sign * 3}") == "Harbour ópens"
    assert normalise(f"Har{sign}bour") == normalise("Harbour")


@pytest.mark.parametrize(
    "written",
    [
        "می‌خواهم",  # Persian: want, of two parts
        "١٤٤٥ه‍",  # Arabic: the Hijri year
        "র‍্যাব",  # Bengali: RAB
        "ශ්‍රී ලංකා",  # Sinhala: Sri Lanka
        "क्‍ष क्‌ष",  # Devanagari: a half form, and one kept apart
        "👩‍👩‍👧‍👦 ❤️‍🔥 🏳️‍🌈 👷🏽‍♀️",
        "🏴󠁧󠁢󠁥󠁮󠁧󠁿",  # England
        "☎️ 1️⃣ 葛󠄀",
        "ᅟᅡ",  # a syllable of Hangul without its first letter
        "\u0600\u06f1",  # the sign that begins a number in Arabic is seen
        "plain – “text”, ½",
    ],
)
def test_what_a_script_or_an_emoji_needs_stays(written: str) -> None:
    assert visible(written) == written


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("می‌ خواهم‌", "می خواهم"),  # beside a space nothing joins
        ("می‌‌خواهم", "می‌خواهم"),  # one is as good as two
        ("Harbour‍ opens", "Harbour opens"),
        ("‍👩 👩‍ opens", "👩 👩 opens"),
    ],
)
def test_joiners_that_join_nothing_are_dropped(written: str, seen: str) -> None:
    assert visible(written) == seen


@given(st.text(st.one_of(st.sampled_from([*UNSEEN, *"aی🏴👩️ "]), st.characters())))
def test_dropping_twice_is_dropping_once(written: str) -> None:
    assert visible(visible(written)) == visible(written)


SEEN = st.characters(categories=["Lu", "Ll", "Lt", "N", "P", "S", "Z"])


@given(st.text(SEEN))
def test_what_is_seen_is_never_dropped(written: str) -> None:
    assert visible(written) == written


@given(st.text("Harbour opéns", min_size=3), st.lists(st.sampled_from(UNSEEN)), st.randoms())
def test_no_unseen_sign_makes_another_item(title: str, signs: list[str], random: Random) -> None:
    if not title.strip():
        return
    written = list(title)
    for sign in signs:
        written.insert(random.randrange(len(written) + 1), sign)
    shelf = Shelf()
    shelf.read("a.txt", text(title, "s", "2026-01-05"))
    changes = shelf.read("b.txt", text("".join(written), "s", "2026-01-05"))
    assert (changes.new, changes.revised) == ((), ())
    assert shelf.only.id == id_by_title("news.example.org,2026", title)


def test_a_date_line_with_a_direction_mark_keeps_its_entry() -> None:
    entries = [
        ("Harbour opens after the storm", "5 January 2026", "The harbour is open again for all."),
        ("Boats are repaired in the hall", "4 January 2026", "Ten boats are repaired in winter."),
        ("Crane falls into the dock", "3 January 2026", "Nobody was hurt when it fell."),
    ]
    plain = "\n\n".join("\n".join(each) for each in entries)
    odd = plain.replace("5 January", "\u200e5\u200b January\u200f")
    odd = odd.replace("Crane", "\ufeffCra\u00adne")
    read = [each.text for each in parse(odd, "seeds/a.txt").listings]
    assert read == [each.text for each in parse(plain, "seeds/a.txt").listings]
    assert len(read) == 3
