"""Lines of a file with what is to be said of them."""

from __future__ import annotations

import pytest

from tidings.core.drafts import block_of, remarks_on, shown
from tidings.model import Problem

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
    lines = remarks_on(FILE, (3, 5), {"- ferry": "2 items"}, [problem])
    assert [(each.number, each.remark, each.problems) for each in lines] == [
        (3, "", (problem,)),
        (4, "", ()),
        (5, "2 items", ()),
    ]
    moved = remarks_on(["", *FILE], (4, 6), {"- ferry": "2 items"}, [])
    assert [each.remark for each in moved] == ["", "", "2 items"]


def test_no_block_has_no_lines() -> None:
    assert remarks_on(FILE, (0, 0), {}, []) == ()


def test_a_finding_is_shown_with_its_line_and_a_caret_below_the_mistake() -> None:
    found = shown(Problem("a.yaml", 3, 5, "wrong", excerpt="title"), FILE)
    assert (found.place, found.above) == ("a.yaml:3:5", "  boats:")
    assert (found.before, found.wrong, found.after) == ("    ", "title", ": Boats")
    assert found.caret == "    ^^^^^"


def test_the_caret_stands_right_below_a_line_with_tabs() -> None:
    found = shown(Problem("a.yaml", 11, 2, "wrong", excerpt="any"), FILE)
    assert found.before + found.wrong == "    any"
    assert found.caret == "    ^^^"


@pytest.mark.parametrize("line", [0, 99])
def test_a_finding_without_its_line_is_shown_alone(line: int) -> None:
    found = shown(Problem("a.yaml", line, 0, "wrong"), FILE)
    assert not found.has_line
    assert found.place == ("a.yaml" if line == 0 else "a.yaml:99")


def test_an_endless_line_is_cut_around_the_mistake() -> None:
    found = shown(Problem("a.yaml", 1, 5001, "wrong", excerpt="!"), ["x" * 5000 + "!" + "y" * 5000])
    assert found.wrong == "!"
    assert len(found.before + found.wrong + found.after) < 1000
