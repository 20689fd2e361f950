"""Reading takes time in proportion to a text, whatever sign comes again and again in it."""

from __future__ import annotations

from time import process_time

import pytest

from tidings.core.listings import parse

TOKENS = (
    *(
        "[",
        "](",
        "[](",
        "] ",
        "][",
        "![",
        "> ",
        ">",
        "(",
        "( ",
        ") ",
        "<",
        "<b>",
        "</",
        "<!--",
        "{.",
        "{:",
    ),
    *(
        "* ",
        "**",
        "__",
        "_",
        "#",
        "# ",
        "- ",
        " | ",
        "|",
        "\t",
        "    ",
        "»",
        "… ",
        ". ",
        "。",
        "،",
        "&",
        "&amp;",
    ),
    *(
        "1 ",
        "12 ",
        "2024 ",
        "5 May ",
        "5 May 2024 ",
        "12/05/21 ",
        "May ",
        "12:30 ",
        "3 days ago ",
        "hace ",
    ),
    *(
        "vor 3 ",
        "12月",
        "2024年",
        "ที่",
        "27 helmikuuta ",
        "a ",
        "a-",
        "x",
        "ab:",
        "Title: ",
        "by A ",
        "tags: ",
    ),
    *(
        "read more ",
        "5 comments ",
        "a.jpg ",
        "[a.jpg",
        "[x ",
        "[x](",
        "%20",
        "http://a/ ",
        "'",
        '"',
        ", ",
    ),
)
SHAPES = ("{line}\n" * 6, "".join(f"{n} May 2021\nA title {n}\n{{line}}\n\n" for n in range(1, 7)))
LENGTH = 2_000  # characters of a line
TOO_SHORT = 0.05  # seconds: what takes less is not worth a measurement


def seconds(shape: str, token: str, length: int) -> float:
    text = shape.replace("{line}", token * (length // len(token)))
    started = process_time()
    parse(text, "a.txt")
    return process_time() - started


@pytest.mark.parametrize("shape", SHAPES, ids=["lines alone", "lines as texts of entries"])
def test_twice_as_much_takes_hardly_more_than_twice_as_long(shape: str) -> None:
    slow = []
    for token in TOKENS:
        for length in (LENGTH, 2 * LENGTH, 4 * LENGTH):
            once = seconds(shape, token, length)
            twice = seconds(shape, token, 2 * length)
            if twice < TOO_SHORT or twice <= 2.5 * once:
                break
        else:
            slow.append(token)
    assert slow == []
