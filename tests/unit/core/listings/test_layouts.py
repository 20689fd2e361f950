from __future__ import annotations

from tidings.core.listings.entries import Explanation
from tidings.core.listings.layouts import best_explanation, explanations
from tidings.core.listings.lines import read_lines

SENTENCE = "The campaign warns people interested in working abroad about false offers of work."


def explained(text: str) -> Explanation:
    lines = read_lines(text, limit=1000)
    assert lines
    found = best_explanation(lines)
    assert found is not None
    return found


def best_undated(text: str) -> float:
    lines = read_lines(text, limit=1000)
    assert lines
    return max(found.score for found in explanations(lines, "undated"))


def titles(found: Explanation) -> list[str]:
    return [entry.title.text for entry in found.entries if entry.title]


def test_a_date_above_each_title_is_dated_before() -> None:
    text = "".join(f"{day} May 2021\nTitle {day}\n{SENTENCE}\n" for day in (3, 2, 1))
    found = explained(text)
    assert found.layout == "dated-before"
    assert found.score == 1.0
    assert titles(found) == ["Title 3", "Title 2", "Title 1"]


def test_a_date_below_each_title_is_dated_after() -> None:
    text = "".join(f"Title {day}\n{day} May 2021\n{SENTENCE}\n\n" for day in (3, 2, 1))
    found = explained(text)
    assert found.layout == "dated-after"
    assert [(entry.title.text, entry.date.text) for entry in found.entries if entry.title
            and entry.date] == [
        ("Title 3", "3 May 2021"), ("Title 2", "2 May 2021"), ("Title 1", "1 May 2021")
    ]  # fmt: skip


def test_titles_and_dates_alone_are_told_apart_by_what_comes_first() -> None:
    assert explained("3 May 2021\nOne\n2 May 2021\nTwo\n").layout == "dated-before"
    assert explained("One\n3 May 2021\nTwo\n2 May 2021\n").layout == "dated-after"


def test_wider_gaps_set_undated_entries_apart() -> None:
    found = explained(f"One\n\n{SENTENCE}\n\n\nTwo\n\n{SENTENCE}\n\n\n\nThree\n\n{SENTENCE}")
    assert found.layout == "undated"
    assert titles(found) == ["One", "Two", "Three"]


def test_paragraphs_of_an_undated_entry_stay_together() -> None:
    found = explained(f"One\n\n{SENTENCE}\n\n{SENTENCE}\n\n\nTwo\n\n{SENTENCE}")
    assert [len(entry.body) for entry in found.entries] == [2, 1]


def test_a_summary_set_apart_from_its_title_is_joined_to_it() -> None:
    found = explained(f"One\n\n\n{SENTENCE}\n\n\nTwo\n\n{SENTENCE}\n\n\nThree\n\n{SENTENCE}")
    assert titles(found) == ["One", "Two", "Three"]
    assert all(len(entry.body) == 1 for entry in found.entries)


def test_with_even_gaps_titles_are_told_by_their_look() -> None:
    found = explained(
        "".join(f"A new hub opens in town {n}\n\n{SENTENCE}\n\n{SENTENCE}\n\n" for n in "abc")
    )
    assert found.layout == "undated-even"
    assert [len(entry.body) for entry in found.entries] == [2, 2, 2]


def test_dated_and_undated_entries_may_be_mixed() -> None:
    found = explained(
        f"3 May 2021\n\nOne\n\n{SENTENCE}\n\n\nA second hub opens\n\n{SENTENCE}\n\n\n"
        f"1 May 2021\n\nThree\n\n{SENTENCE}\n"
    )
    assert found.layout == "mixed"
    assert [entry.date is not None for entry in found.entries] == [True, False, True]


def test_an_undated_layout_is_not_believed_where_titles_hold_dates() -> None:
    dated = "".join(f"{n} May 2021: hub opens\n\n{SENTENCE}\n\n\n" for n in (1, 2, 3))
    plain = "".join(f"Hub {n} of May opens\n\n{SENTENCE}\n\n\n" for n in (1, 2, 3))
    assert explained(dated).layout == "date-and-title"
    assert best_undated(dated) < 0.5 < best_undated(plain)


def test_titles_without_anything_are_not_believed() -> None:
    assert explained("One\n\nTwo\n\nThree").score < 0.5
    assert explained("One\nTwo\nThree").score < 0.5


def test_every_line_is_in_an_entry_or_left_over() -> None:
    text = f"News\n\n3 May 2021\n\nOne\n\n{SENTENCE}\n\n2 May 2021\n\nTwo\n\n{SENTENCE}"
    found = explained(text)
    taken = [line for entry in found.entries for line in (entry.date, entry.title, *entry.body)]
    assert [line.text for line in found.left_over] == ["News"]
    assert len(taken) + 1 == len(text.split("\n\n"))


def test_running_text_in_place_of_a_title_means_that_the_title_is_missing() -> None:
    text = f"3 May 2021\n\nOne\n\n{SENTENCE}\n\n2 May 2021\n\n{SENTENCE} {SENTENCE}\n\n"
    found = explained(text + f"1 May 2021\n\nThree\n\n{SENTENCE}")
    assert titles(found) == ["One", "Three"]


def test_dated_paragraphs_without_any_title_are_not_believed() -> None:
    paragraph = f"{SENTENCE} {SENTENCE}"
    assert explained(f"3 May 2021\n{paragraph}\n\n2 May 2021\n{paragraph}\n").score < 0.5


def test_entries_run_together_without_any_gap_are_not_one_entry() -> None:
    text = "".join(f"A new hub opens in town {n}\n{SENTENCE} {SENTENCE}\n" for n in "abc")
    assert len(titles(explained(text))) == 3
