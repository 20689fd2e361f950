"""HTML in texts: what a page would show, and what only looks like HTML."""

from __future__ import annotations

import pytest

from tidings.core.listings import parse
from tidings.core.listings.markup import first_markup, shown


@pytest.mark.parametrize(
    ("text", "on_a_page"),
    [
        ("Q&amp;A &#8211; what&#8217;s next", "Q&A – what’s next"),
        ("&#x41;&nbsp;hub&hellip;", "A hub…"),
        ("<p>One form</p>", "One form"),
        ("<p>One</p><p>two</p>", "One two"),
        ("One<br>two<br/>three", "One two three"),
        ("<b>bold</b>ed", "bolded"),
        ('<a href="https://e.org/?a>b" target=_blank>Link</a> here', "Link here"),
        ("&lt;p&gt;Escaped twice &amp;amp; thrice&lt;/p&gt;", "Escaped twice & thrice"),
        ("<!-- wp:paragraph --><p>One</p><!-- /wp -->", "One"),
        ("<P CLASS=MsoNormal>Word<o:p></o:p></P>", "Word"),
        ("cut off</p>", "cut off"),
    ],
)
def test_a_text_is_as_a_page_would_show_it(text: str, on_a_page: str) -> None:
    assert shown(text) == on_a_page
    assert first_markup(text)


@pytest.mark.parametrize(
    "text", ["<style>p {color: red}</style>One<script>if (a < b) c()</script>", "<![CDATA[One]]>"]
)
def test_what_a_page_does_not_show_is_left_out(text: str) -> None:
    assert shown(text) == "One"


@pytest.mark.parametrize(
    "text",
    [
        "x < y", "x < y and y > z", "We <3 hubs", "a<b and c>d", "List<String> and Map<K, V>",
        "AT&T", "R&D; and more", "https://e.org/?a=1&copy=2", "Ana <ana@example.org>",
        "<https://example.org/>", "x <b> y", "1 << 2", "-> <-", "&bogus;", "a & b", "<>", "</>",
        "<3 </3", "if (a < b && b > c)", "<Name>",
    ],
)  # fmt: skip
def test_what_only_looks_like_markup_survives(text: str) -> None:
    assert shown(text) == text
    assert first_markup(text) == ""


ENTRY = (
    "2026-11-20\n{}\n{}\n\n"
    "2026-11-18\nMinisters sign a labour accord\nBoth countries agreed on fair rules.\n\n"
    "2026-11-15\nReport on recruitment published\nIt covers twelve sectors of the economy.\n"
)


def test_html_in_a_text_is_a_problem_with_its_line_and_costs_nothing_else() -> None:
    reading = parse(ENTRY.format("A hub opens", "<p>It gives advice to workers.</p>"), "a.txt")
    (problem,) = reading.problems
    assert (problem.line, problem.severity) == (3, "problem")
    assert "<p>" in problem.message
    assert len(reading.listings) == 3


def test_a_text_that_only_looks_like_html_has_no_problem() -> None:
    reading = parse(ENTRY.format("A <3 hub opens", "It gives AT&T advice, where x < y."), "a.txt")
    assert reading.problems == ()
