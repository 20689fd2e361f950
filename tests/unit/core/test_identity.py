"""What items are called for ever, and timestamps of which no two are the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import HOUR, MONDAY, SITE_ID, Shelf, text
from tidings.core.identity import (
    ID_LENGTH,
    NORMALISATION,
    SECOND,
    SLUG_ID_LENGTH,
    SLUG_TITLE_LENGTH,
    VERSION,
    WINDOW,
    UniqueTimestamps,
    id_by_entry,
    id_by_title,
    mint_id,
    normalise,
    slug,
)

LEAP_DAY = date(2024, 2, 29)

# Title, day, summary; then the id by title, the id by the whole entry, and the slug.
FROZEN = [
    (
        ("Fair recruitment: a toolkit", None, ""),
        ("e8a44001bd96fa76", "107749cb5da2b60b", "fair-recruitment-a-toolkit-e8a44001"),
    ),
    (
        ("Información para migrantes", date(2021, 3, 4), "Un resumen."),
        ("0b01b6643f38449c", "b000138257e4d6b9", "informacion-para-migrantes-0b01b664"),
    ),
    (
        ("Round 1", None, ""),
        ("3bf2b5bb3013b93e", "fdd99456d34f2718", "round-1-3bf2b5bb"),
    ),
    (
        ("Round 2", None, ""),
        ("6b387e5b5fac0ec5", "de2bf5175e54ca83", "round-2-6b387e5b"),
    ),
    (
        ("“Hub” opens in San José", date(2020, 11, 30), "The ’hub’ – opened."),
        ("69fabce8750344e4", "f29819e52ef8c247", "hub-opens-in-san-jose-69fabce8"),
    ),
    (
        ("移民新聞", LEAP_DAY, "摘要"),
        ("a04c6053e2a2fd87", "416626ca1a1a3073", "a04c6053"),
    ),
    (
        ("STRASSE", None, ""),
        ("a596a103f71ea50a", "09876edb64470a97", "strasse-a596a103"),
    ),
    (
        ("!!!", None, ""),
        ("0835b21eabfa4d08", "3fcc1c3cc37ddf04", "0835b21e"),
    ),
]


def names(entry: tuple[str, date | None, str]) -> tuple[str, str, str]:
    title, day, summary = entry
    by_title = id_by_title(SITE_ID, title)
    return by_title, id_by_entry(SITE_ID, title, day, summary), slug(title, by_title)


# --- Frozen --------------------------------------------------------------------------------------


def test_the_versions_of_ids_and_of_the_normalisation_are_frozen() -> None:
    assert (VERSION, NORMALISATION) == (1, 2)


def test_an_id_is_the_same_with_and_without_what_nobody_sees() -> None:
    seen, unseen = (
        "Fair recruitment: a toolkit",
        "Fair re\u00adcruitment:\u200b a \u2060toolkit\ufeff",
    )
    assert id_by_title(SITE_ID, unseen) == id_by_title(SITE_ID, seen) == FROZEN[0][1][0]
    assert slug(unseen, FROZEN[0][1][0]) == FROZEN[0][1][2]


@pytest.mark.parametrize(("entry", "expected"), FROZEN, ids=[row[0][0] for row in FROZEN])
def test_ids_and_slugs_are_frozen_for_ever(
    entry: tuple[str, date | None, str], expected: tuple[str, str, str]
) -> None:
    assert names(entry) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("  A\tB\u00a0C\n", "a b c"),
        ("It’s ‘so’ “so” «so» „so‟", 'it\'s \'so\' "so" "so" "so"'),
        ("a–b—c−d‑e", "a-b-c-d-e"),
        ("ﬁne Ｆｕｌｌ １２３", "fine full 123"),
        ("STRASSE straße", "strasse strasse"),
        ("ΟΔΟΣ οδος", "οδοσ οδοσ"),
        ("Re\u0301sume\u0301", "résumé"),
        ("½ kg…", "1⁄2 kg..."),
        ("Nº 5, 10 %!", "no 5, 10 %!"),
        ("Har\u200bbour \u00adopens\u200d", "harbour opens"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("☎\ufe0f 👩\u200d👧", "☎ 👩\u200d👧"),
        ("", ""),
        (" \u2003\u3000 ", ""),
    ],
)
def test_the_normalisation_is_frozen(written: str, expected: str) -> None:
    assert normalise(written) == expected


# --- Normalisation -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Round 1", "Round 2"),
        ("Resumé", "Resume"),
        ("Open: now", "Open now"),
        ("co-op", "coop"),
        ("co-op", "co op"),
        ("1.5", "15"),
        ("'quoted'", '"quoted"'),
    ],
)
def test_digits_accents_and_punctuation_tell_texts_apart(one: str, other: str) -> None:
    assert normalise(one) != normalise(other)


@given(st.text())
def test_normalising_twice_is_normalising_once(written: str) -> None:
    assert normalise(normalise(written)) == normalise(written)


@pytest.mark.parametrize("quote", ["｀", "＇", "´", "`", "’", "ʼ", "′"])
def test_every_single_quote_is_the_same_quote(quote: str) -> None:
    assert normalise(f"workers{quote} rights") == "workers' rights"


@pytest.mark.parametrize("dash", ["﹘", "－", "–", "—", "‐", "‑", "−"])
def test_every_dash_is_the_same_dash(dash: str) -> None:
    assert normalise(f"2020{dash}2021") == "2020-2021"


@given(st.text(alphabet="Aa’'“\" \t\u00a0-–"))
def test_white_space_quotes_dashes_and_case_never_change_an_id(written: str) -> None:
    plain = written.translate(str.maketrans("’“\t\u00a0–", "'\"  -")).lower()
    assert id_by_title(SITE_ID, f" {written} ") == id_by_title(SITE_ID, plain)


# --- Ids -----------------------------------------------------------------------------------------


def test_an_id_is_sixteen_hex_digits() -> None:
    found = id_by_title(SITE_ID, "A title")
    assert len(found) == ID_LENGTH == 16
    assert set(found) <= set("0123456789abcdef")


def test_two_sites_never_share_an_id() -> None:
    assert id_by_title("a.example,2026", "T") != id_by_title("b.example,2026", "T")
    assert id_by_entry("a.example,2026", "T", None, "") != id_by_entry(
        "b.example,2026", "T", None, ""
    )


def test_parts_of_an_entry_never_run_together() -> None:
    assert id_by_entry(SITE_ID, "T", None, "2024-02-29") != id_by_entry(SITE_ID, "T", LEAP_DAY, "")
    assert id_by_entry(SITE_ID, "a b", None, "c") != id_by_entry(SITE_ID, "a", None, "b c")
    assert id_by_entry(SITE_ID, "T", None, "") != id_by_title(SITE_ID, "T")


def test_date_and_summary_count_only_in_the_id_of_a_shared_title() -> None:
    alone = [
        mint_id(SITE_ID, "T", day, summary, title_is_shared=False, taken=())
        for day, summary in [(None, ""), (LEAP_DAY, ""), (LEAP_DAY, "s")]
    ]
    shared = [
        mint_id(SITE_ID, "T", day, summary, title_is_shared=True, taken=())
        for day, summary in [(None, ""), (LEAP_DAY, ""), (LEAP_DAY, "s")]
    ]
    assert set(alone) == {id_by_title(SITE_ID, "T")}
    assert len(set(shared)) == 3
    assert set(alone).isdisjoint(shared)


def test_a_title_that_another_item_took_gets_the_id_of_the_entry() -> None:
    taken = {id_by_title(SITE_ID, "T")}
    minted = mint_id(SITE_ID, "T", LEAP_DAY, "s", title_is_shared=False, taken=taken)
    assert minted == id_by_entry(SITE_ID, "T", LEAP_DAY, "s")


def test_however_many_ids_are_taken_the_next_is_free_and_always_the_same() -> None:
    taken: list[str] = []
    for _ in range(6):
        taken.append(mint_id(SITE_ID, "T", None, "s", title_is_shared=False, taken=taken))
    assert len(set(taken)) == 6
    assert all(len(minted) == ID_LENGTH for minted in taken)
    again: list[str] = []
    for _ in range(6):
        again.append(mint_id(SITE_ID, "T", None, "s", title_is_shared=False, taken=set(again)))
    assert again == taken


def test_an_id_that_is_free_is_never_skipped() -> None:
    unrelated = {"f" * 16, id_by_entry(SITE_ID, "T", None, "s")}
    minted = mint_id(SITE_ID, "T", None, "s", title_is_shared=False, taken=unrelated)
    assert minted == id_by_title(SITE_ID, "T")


# --- Slugs ---------------------------------------------------------------------------------------


@given(st.text())
def test_a_slug_is_safe_in_addresses_and_file_names_whatever_the_title(title: str) -> None:
    made = slug(title, "0123456789abcdef")
    assert made.isascii()
    assert set(made) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert "--" not in made
    assert not made.startswith("-")
    assert made.endswith("01234567")
    assert len(made) <= SLUG_TITLE_LENGTH + 1 + SLUG_ID_LENGTH


def test_a_long_title_is_cut_between_words() -> None:
    made = slug("one two three " * 10, "f" * 16)
    assert made == "one-two-three-one-two-three-one-two-three-one-ffffffff"


def test_a_single_endless_word_is_cut_within() -> None:
    assert slug("w" * 60, "f" * 16) == "w" * SLUG_TITLE_LENGTH + "-ffffffff"


def test_a_title_of_exactly_the_longest_length_is_not_cut() -> None:
    title = " ".join(["w" * 23, "v" * 24])
    assert slug(title, "f" * 16) == f"{'w' * 23}-{'v' * 24}-ffffffff"


def test_accents_fold_and_hostile_characters_only_separate() -> None:
    assert slug("../Çà & <b>là</b>?\0%2e", "f" * 16) == "ca-b-la-b-2e-ffffffff"


LATER = MONDAY + HOUR
LONG_AGO = MONDAY - 1000 * HOUR


def test_changes_of_one_run_are_a_second_apart() -> None:
    moments = UniqueTimestamps(LATER)
    assert [moments.of_change(LONG_AGO - n * SECOND) for n in range(3)] == [
        LATER,
        LATER - SECOND,
        LATER - 2 * SECOND,
    ]


def test_what_another_entry_has_is_passed_over() -> None:
    moments = UniqueTimestamps(LATER, {LATER, LATER - SECOND, LATER - 3 * SECOND})
    assert moments.of_change(LONG_AGO) == LATER - 2 * SECOND
    assert moments.of_change(LONG_AGO - SECOND) == LATER - 4 * SECOND


def test_a_change_is_later_than_the_one_before_also_where_no_second_is_left() -> None:
    moments = UniqueTimestamps(LATER, {LATER, LATER - SECOND})
    assert moments.of_change(LATER - SECOND) == LATER
    assert moments.of_change(LATER) == LATER + SECOND
    assert UniqueTimestamps(LATER).of_change(LATER + HOUR) == LATER + HOUR + SECOND


def test_what_changes_twice_in_one_run_changes_once() -> None:
    moments = UniqueTimestamps(LATER)
    assert moments.of_change(moments.of_change(LONG_AGO)) == LATER


def test_nobody_looks_further_back_than_is_known() -> None:
    moments = UniqueTimestamps(LATER, {LATER - n * SECOND for n in range(2 * WINDOW // SECOND)})
    assert moments.of_change(LONG_AGO) == LATER


def test_all_that_one_run_brings_and_corrects_is_apart() -> None:
    shelf = Shelf()
    old = [text(f"Tide {n}", f"It rises by {n}.", f"2026-01-{n:02}") for n in range(1, 9)]
    shelf.read("a.txt", *old)
    mended = [
        replace(each, summary=f"{each.summary[:-1]} metres.") if n % 2 else each
        for n, each in enumerate(old)
    ]
    now = LATER.replace(day=3, hour=12)
    today = text("Today", "It is read in the morning.", now.date().isoformat())
    to_come = [text("Soon", "s", "2027-01-01"), text("Later", "s", "2027-01-02")]
    undated = [text("Never", "s"), text("Nowhere", "s")]
    changes = shelf.read("a.txt", *mended, undated[0], today, *to_come, undated[1], now=now)
    assert (len(changes.revised), len(changes.new)) == (4, 5)
    updated = [each.updated for each in shelf.items()]
    assert len(set(updated)) == len(updated)
    lately = [each.updated for each in (*changes.revised, *changes.new)]
    assert all(now - timedelta(minutes=1) < at <= now for at in lately)
    assert all(each.history[-1].at == now for each in changes.revised)
