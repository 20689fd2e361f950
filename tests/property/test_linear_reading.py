"""Reading twice as much costs at most two and a half times as much, whatever comes again and again.

Steps are counted, not seconds: lines of the reader that are executed, by which loops within loops
show. What regular expressions do within a step does not; they are held to it by a clock, in the
long sweeps only, with a margin that no busy machine needs.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from time import process_time
from types import FrameType
from typing import Any

import pytest

from tests.sampling import THOROUGH
from tidings.core import listings
from tidings.core.listings import parse

TOKENS = (
    "(", ")", "[", "](", "[](", "[](a)", "[a](b) ", "![a](b) ", "[ ", "{", "{.a}", "<", "<a",
    "<a> ", "<!--", "&", "&amp;", "a ", "a", "A ", "ab. ", "NEWS ", "1.", "1. ", ". - ", "- ", "--",
    "* ", "*", "**", "**a** ", "_a_ ", "# ", "#a ", "> ", "|", " | ", "\t", "\t|\t", "    a", ",",
    ", ", ": ", " · ", "/", "\\", "“", "…", "...", "»", "2", "22 ", "2022 ", "2022-02-16 ",
    "16 May 2021, ", "16/05/21 ", "16 May ", "May ", "16 ", "1-", "1/", "1:", "yesterday | ",
    "4 hours ago ", "10:30 | ", "Mon ", "from 1 to ", "16 helmikuuta 2022 ", "10 มี.ค. 2567 ", "é",
    "e\u0301", "中", "ก", "\uff11", "http://a.b/ ", "a.jpg ", "Read more. ", "By Ana ",
    "5 comments ", "1 2 3 ", "Title: a ", "No. 12 ", "\u200b", " ", "<p>", "</p>", "&#8211;",
    "&amp;amp;", "Share · ", "3 comments · Tags: a ", "Dear a, ", "Best regards ", "From: a ",
    "On a b wrote: ", "Home | ", "unsubscribe ", "2022-02-16T03:30Z ", "16 May 2021 03:30 UTC-6 ",
    "Date: 2 May 2021 ", "| a | b |", "a\tb\t", "> > ", "-- ", "__", "Summary: a ",
)  # fmt: skip
FORMS: dict[str, Callable[[str, int], str]] = {
    "on one line": lambda token, number: token * number,
    "within an entry": lambda token, number: (
        f"2 May 2021\nA hub opens {token * number}\nIt gives advice. {token * number}\n"
    ),
    "on lines": lambda token, number: f"{token}\n" * number,
    "in paragraphs": lambda token, number: f"{token}\n\n" * number,
    "beside dates": lambda token, number: f"2 May 2021 {token}\nA hub opens\n" * (number // 2),
}
MOST = 2.5
FOLDER = str(Path(listings.__file__).parent)


def steps(read: Callable[[], object]) -> int:
    """How many lines of the reader are executed."""
    count = 0

    def within(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal count
        count += event == "line"
        return within

    def entered(frame: FrameType, event: str, argument: object) -> Any:
        return within if frame.f_code.co_filename.startswith(FOLDER) else None

    before = sys.gettrace()
    sys.settrace(entered)
    try:
        read()
    finally:
        sys.settrace(before)
    return count


# Some pairs in every run, of each form; all of them in the long sweeps.
PAIRS = [(token, form) for token in TOKENS for form in FORMS]
SOME = PAIRS if THOROUGH else PAIRS[:: 5 * len(FORMS) + 1]
TIMES = 250 if THOROUGH else 120


@pytest.mark.sampled
@pytest.mark.parametrize(("token", "form"), SOME)
def test_twice_the_tokens_cost_at_most_two_and_a_half_times_the_steps(
    token: str, form: str
) -> None:
    once, twice = (FORMS[form](token, TIMES * times) for times in (1, 2))
    parse(once, "a.txt")  # what is loaded the first time is no part of it
    first, second = steps(lambda: parse(once, "a.txt")), steps(lambda: parse(twice, "a.txt"))
    assert second <= MOST * first + 1_000


def seconds(text: str) -> float:
    """How long a text is read."""
    started = process_time()
    parse(text, "a.txt")
    return process_time() - started


@pytest.mark.slow
@pytest.mark.parametrize("form", ["on one line", "within an entry"])
@pytest.mark.parametrize("token", TOKENS)
def test_ten_times_the_tokens_are_read_in_less_than_thirty_times_the_time(
    token: str, form: str
) -> None:
    once, often = (FORMS[form](token, 200 * times) for times in (1, 10))
    # What is not linear takes a hundred times as long.
    assert seconds(often) < 30 * seconds(once) + 1.0


ROWS = (
    '"', '""', '"""', '","', 'x","', 'a,"b', '2022-02-16,"a', '2022-02-16,a,"b"x', "a,b,c,d", ",",
    '\\"', "\\", " ", "<p>a", "&amp;amp;", '2022-02-16,"a\nb",c', "2022-02-16,a,b", "sep=;", "'",
)  # fmt: skip
SOME_ROWS = ROWS if THOROUGH else ROWS[::4]
JOINED = {"on lines": "\n", "on one line": ""}


@pytest.mark.sampled
@pytest.mark.parametrize("row", SOME_ROWS)
@pytest.mark.parametrize("joint", JOINED)
@pytest.mark.parametrize("path", ["a.csv", "a.txt"])
def test_twice_the_rows_of_a_table_cost_at_most_two_and_a_half_times_the_steps(
    path: str, joint: str, row: str
) -> None:
    header = "Date\tTitle\tSummary\n" if path == "a.txt" else "Date,Title,Summary\n"
    once, twice = (header + (row + JOINED[joint]) * (TIMES * times) for times in (1, 2))
    parse(once, path)
    first, second = steps(lambda: parse(once, path)), steps(lambda: parse(twice, path))
    assert second <= MOST * first + 1_000


@pytest.mark.slow
@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("joint", JOINED)
def test_ten_times_the_rows_are_read_in_less_than_thirty_times_the_time(
    joint: str, row: str
) -> None:
    def seconds_of(times: int) -> float:
        text = "Date,Title,Summary\n" + (row + JOINED[joint]) * times
        started = process_time()
        parse(text, "a.csv")
        return process_time() - started

    assert seconds_of(20_000) < 30 * seconds_of(2_000) + 1.0
