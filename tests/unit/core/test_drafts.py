"""What each topic matches as it is written now, and lines of files with remarks and problems."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import replace
from datetime import date

import pytest

from tests.builders import item, text
from tidings.core.drafts import (
    TopicsPreview,
    block_of,
    file_lines,
    near_misses,
    preview_topics,
    term_counts,
    with_line,
)
from tidings.core.topics import Matcher, parse_term
from tidings.model import Item, Problem, Rule, Term, Topic

FERRY = item(text("The ferry is back", "She lies at the quay.", "2026-05-08"), "a" * 16)
SWIM = item(text("Swimming lessons", "Children meet at the pool.", "2026-05-07"), "b" * 16)
WRECK = item(text("A ferry wreck", "Divers look at it.", "2026-05-06"), "c" * 16)
QUAY = item(text("Boats at the quay", "", "2026-05-05"), "d" * 16)
ITEMS = (QUAY, SWIM, WRECK, FERRY)


def terms(*written: str) -> tuple[Term, ...]:
    return tuple(map(parse_term, written))


BOATS = Topic("boats", "Boats", "", Rule(any=terms("ferry", "boat", "canoe"), none=terms("wreck")))


def made(
    *topics: Topic,
    published: Mapping[str, Set[str]] | None = None,
    items: tuple[Item, ...] = ITEMS,
) -> TopicsPreview:
    return preview_topics(topics, Matcher(topics), items, published or {})


def test_a_topic_has_its_items_newest_first_each_with_the_words_why() -> None:
    (boats,) = made(BOATS).topics
    assert [each.item for each in boats.matched] == [FERRY, QUAY]
    assert [[piece.term for piece in each.evidence] for each in boats.matched] == [
        ["ferry"],
        ["boat"],
    ]


def test_what_joins_and_leaves_is_told_against_what_is_published() -> None:
    (boats,) = made(BOATS, published={"boats": {QUAY.id, SWIM.id}}).topics
    assert [(each.item, each.joining) for each in boats.matched] == [(FERRY, True), (QUAY, False)]
    assert (boats.joining, boats.leaving, boats.compared) == (1, (SWIM,), True)


def test_nothing_joins_a_topic_of_which_nothing_is_published_yet() -> None:
    (boats,) = made(BOATS).topics
    assert (boats.joining, boats.leaving, boats.compared) == (0, (), False)


def test_what_no_topic_takes_is_kept_apart_and_what_was_merged_is_left_out() -> None:
    merged = replace(SWIM, id="e" * 16, merged_into=SWIM.id)
    draft = made(BOATS, items=(*ITEMS, merged))
    assert draft.unmatched == (SWIM, WRECK)
    assert merged not in draft.items


def test_each_term_counts_the_items_that_it_brings_or_keeps_out() -> None:
    draft = made(BOATS)
    counts = term_counts(draft, draft.topics[0], ())
    assert dict(counts) == {"ferry": 1, "boat": 1, "canoe": 0, "wreck": 1}


def test_a_term_counts_as_its_aliases_do() -> None:
    aliases = (("canoe", "ferry"),)
    draft = preview_topics((BOATS,), Matcher((BOATS,), aliases), ITEMS, {})
    assert term_counts(draft, draft.topics[0], aliases)["canoe"] == 1


def test_near_misses_are_what_is_kept_out_by_a_clause_and_what_has_nearly_the_words() -> None:
    pool = Topic("pool", "Pool", "", Rule(any=terms("lessons swimming"), none=terms("wreck")))
    draft = made(BOATS, pool)
    matcher = Matcher((BOATS, pool))
    (kept_out,) = near_misses(draft, draft.topics[0], matcher)
    assert (kept_out.item, kept_out.clause.part, kept_out.clause.written) == (
        WRECK,
        "none",
        "wreck",
    )
    (nearly,) = near_misses(draft, draft.topics[1], matcher)
    assert (nearly.item, nearly.clause.part) == (SWIM, "any")


def test_an_item_that_is_too_old_is_a_near_miss_and_one_that_is_banned_is_none() -> None:
    rule = Rule(any=terms("ferry", "boat"), after=date(2026, 5, 6), ban=(FERRY.id,))
    boats = Topic("boats", "Boats", "", rule)
    draft = made(boats)
    missed = near_misses(draft, draft.topics[0], Matcher((boats,)))
    assert [(each.item, each.clause.part) for each in missed] == [(QUAY, "after")]


FILE = """\
topics:
  boats:
    title: Boats
    any:
      - ferry
      # a boat is no ship

      - boat
  # The quay has its own.
  quay:
\tany: [quay]
  "the-end": {any: [end]}
""".splitlines()


@pytest.mark.parametrize(
    ("slug", "block"),
    [("boats", (2, 8)), ("quay", (10, 10)), ("the-end", (12, 12)), ("boat", (0, 0))],
)
def test_a_topic_reaches_to_its_last_line_by_indentation(slug: str, block: tuple[int, int]) -> None:
    assert block_of(FILE, slug) == block


def test_a_block_is_found_in_a_file_that_yaml_cannot_read() -> None:
    broken = [*FILE[:4], "      - [ferry", *FILE[5:]]
    assert block_of(broken, "boats") == (2, 8)


def test_remarks_stay_with_their_line_while_it_moves_and_problems_with_their_number() -> None:
    problem = Problem("config/topics.yaml", 3, 5, "unknown setting")
    lines = file_lines(FILE, (3, 5), {"- ferry": "2 items"}, [problem])
    assert [(each.number, each.remark, each.problems) for each in lines] == [
        (3, "", (problem,)),
        (4, "", ()),
        (5, "2 items", ()),
    ]
    moved = file_lines(["", *FILE], (4, 6), {"- ferry": "2 items"}, [])
    assert [each.remark for each in moved] == ["", "", "2 items"]


def test_no_block_has_no_lines() -> None:
    assert file_lines(FILE, (0, 0), {}, []) == ()


def test_a_finding_is_shown_with_its_line_and_a_caret_below_the_mistake() -> None:
    found = with_line(Problem("a.yaml", 3, 5, "wrong", excerpt="title"), FILE)
    assert (found.place, found.above) == ("a.yaml:3:5", "  boats:")
    assert (found.before, found.wrong, found.after) == ("    ", "title", ": Boats")
    assert found.caret == "    ^^^^^"


def test_the_caret_stands_right_below_a_line_with_tabs() -> None:
    found = with_line(Problem("a.yaml", 11, 2, "wrong", excerpt="any"), FILE)
    assert found.before + found.wrong == "    any"
    assert found.caret == "    ^^^"


@pytest.mark.parametrize("line", [0, 99])
def test_a_finding_without_its_line_is_shown_alone(line: int) -> None:
    found = with_line(Problem("a.yaml", line, 0, "wrong"), FILE)
    assert not found.has_line
    assert found.place == ("a.yaml" if line == 0 else "a.yaml:99")


def test_an_endless_line_is_cut_around_the_mistake() -> None:
    found = with_line(
        Problem("a.yaml", 1, 5001, "wrong", excerpt="!"), ["x" * 5000 + "!" + "y" * 5000]
    )
    assert found.wrong == "!"
    assert len(found.before + found.wrong + found.after) < 1000
