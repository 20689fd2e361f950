"""What is counted as right when the reader is measured."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tidings.core.listings import parse
from tools.reading.asking import Answer, Answers, answers, asked_elsewhere
from tools.reading.corpus import Label, Sample, set_aside
from tools.reading.report import calibration, side_by_side
from tools.reading.scores import Figure, Scores, figures, mean, question, scored

ROOT = Path(__file__).parents[3]
MAY = date(2024, 5, 16)
SUMMARY = "The first boats of the season leave on Monday, and the last ones return in October."
TEXT = "".join(
    f"{day} May 2024\n\n{title}\n\n{SUMMARY}\n\n\n"
    for day, title in ((16, "The ferry is back"), (14, "A new pier"), (9, "Pools open early"))
)


def sample(*labels: Label) -> Sample:
    return Sample("01-harbour", "harbour", TEXT, labels)


ASKED = sample(
    Label(MAY, "The ferry is back", SUMMARY),
    Label(date(2024, 5, 14), "A new pier", SUMMARY),
    Label(date(2024, 5, 9), "Pools open early", SUMMARY),
)


def answer(*entries: tuple[str | None, str, str]) -> Answer:
    return Answer(list(entries), 0.75)


def test_an_entry_is_right_by_its_title_and_its_day() -> None:
    one = sample(Label(MAY, "The ferry is back", ""), Label(None, "A new pier", ""))
    read = answer(
        ("2024-05-16", "The  ferry is back ", ""),
        ("2024-05-16", "A new pier", ""),
        (None, "the ferry is back", ""),
    )
    found = scored(one, read)
    assert (found.labels, found.read, found.right) == (2, 3, 1)
    assert found.confidence == 0.75


def test_a_label_is_found_once_however_often_it_was_read() -> None:
    one = sample(Label(MAY, "The ferry is back", SUMMARY))
    twice = answer(
        ("2024-05-16", "The ferry is back", ""), ("2024-05-16", "The ferry is back", SUMMARY)
    )
    found = scored(one, twice)
    assert (found.read, found.right, found.same) == (2, 1, 1)


def test_a_summary_is_alike_with_a_letter_more_and_not_with_a_heading_more() -> None:
    one = sample(Label(MAY, "The ferry is back", SUMMARY))

    def counted(summary: str) -> tuple[int, int, int]:
        found = scored(one, answer(("2024-05-16", "The ferry is back", summary)))
        return found.right, found.same, found.alike

    assert counted(f" {SUMMARY}\n") == (1, 1, 1)
    assert counted(f"{SUMMARY}!") == (1, 0, 1)
    assert counted(f"{SUMMARY} Read more about the boats") == (1, 0, 0)


def test_entries_of_held_files_count_as_missing() -> None:
    read = scored(ASKED, answer(("2024-05-16", "The ferry is back", SUMMARY)))
    held = scored(ASKED, answer())
    scores = Scores([read, held])
    assert scores.precision == 1.0
    assert scores.recall == pytest.approx(1 / 6)
    assert scores.f1 == pytest.approx(2 / 7)
    assert (scores.published, scores.wrong) == (1, 0)


def test_a_reader_that_publishes_nothing_is_never_wrong() -> None:
    nothing = Scores([scored(ASKED, answer())])
    assert (nothing.precision, nothing.f1, nothing.wrong) == (1.0, 0.0, 0)


def test_a_figure_is_reached_at_its_bound_and_the_mean_keeps_what_is_wanted() -> None:
    assert Figure("P", 0.98, least=0.98).is_reached
    assert not Figure("wrong", 2, most=1).is_reached
    half = mean([[Figure("P", 1.0, least=0.98)], [Figure("P", 0.5, least=0.98)]])
    assert half == [Figure("P", 0.75, least=0.98)]
    assert "0.750  at least 0.98: not reached" in side_by_side({"mean": half}, half)


def test_another_checkout_answers_in_a_process_of_its_own() -> None:
    def read(text: str, path: str, hints: object) -> object:
        return parse(text, path, hints=hints)  # type: ignore[arg-type]

    ours = answers(question(ASKED), read)  # type: ignore[arg-type]
    theirs, threshold = asked_elsewhere(ROOT, [question(ASKED)])
    assert theirs == [ours]
    assert 0 < threshold < 1
    told = {each.name: each.value for each in figures([ASKED], theirs)}
    assert told["everything published, F1"] == 1.0
    assert told["all entries confirmed, P"] == 1.0


def test_a_folder_without_a_reader_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="holds no src/tidings/core/listings"):
        asked_elsewhere(tmp_path, [question(ASKED)])


def test_a_reader_that_cannot_be_taught_has_no_such_figures() -> None:
    whole = answer(("2024-05-16", "The ferry is back", SUMMARY))
    told = figures([ASKED], [Answers(ASKED.name, whole, whole, None, None)])
    assert not [each for each in told if "taught" in each.name or "confirmed" in each.name]


def test_the_table_of_confidence_tells_how_often_readings_are_right() -> None:
    table = calibration([(0.91, True), (0.93, False), (1.0, True), (0.3, False)])
    assert table.splitlines()[2:] == [
        "| 20% to 40% | 1 | 30% | 0% |",
        "| 90% to 95% | 2 | 92% | 50% |",
        "| 95% to 100% | 1 | 100% | 100% |",
    ]


def test_the_listings_that_are_set_aside_are_the_same_whatever_else_there_is() -> None:
    all_ = [Sample(f"{n:02d}", "", "", ()) for n in range(40)]
    rest, aside = set_aside(all_)
    assert (len(rest), len(aside)) == (25, 15)
    assert set_aside(list(reversed(all_)))[1] != []
    assert {one.name for one in set_aside(list(reversed(all_)))[1]} == {one.name for one in aside}
