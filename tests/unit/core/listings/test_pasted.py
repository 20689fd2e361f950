"""What stands around a pasted listing is no item and no part of one, whatever the layout."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from tidings.core.listings import Hints, parse

Entry = tuple[str, str, str]
ENTRIES: Sequence[Entry] = (
    (
        "2026-11-20",
        "A hub opens for workers",
        "The hub gives advice to migrant workers in three languages.",
    ),
    (
        "2026-11-18",
        "Ministers sign a labour accord",
        "Both countries agreed on fair rules for seasonal work.",
    ),
    (
        "2026-11-15",
        "Report on recruitment published",
        "It covers twelve sectors and names good practice.",
    ),
    (
        "2026-11-12",
        "New office in the border town",
        "The office helps people with papers and is open every day.",
    ),
)
LAYOUTS: dict[str, Callable[[str, str, str], str]] = {
    "date first": lambda day, title, text: f"{day}\n{title}\n{text}\n",
    "title first": lambda day, title, text: f"{title}\n{day}\n{text}\n",
    "date last": lambda day, title, text: f"{title}\n{text}\n{day}\n",
    "date and title": lambda day, title, text: f"{day} - {title}\n{text}\n",
}
ABOVE = [
    "Skip to content\nMenu\nHome\nNews\n\n", "Home | About | News | Contact\n\n",
    "Saltar al contenido\nInicio\nNoticias\nContacto\n\n", "Dear all,\n\n", "Hi team,\n\n",
    "Dear colleagues,\nplease find below the news of this week.\n\n", "Bonjour à tous,\n\n",
    "Liebe Kolleginnen und Kollegen,\n\n", "Estimados colegas:\n\n", "Latest news\n\n",
    ("From: Ana Mora <ana@example.org>\nSent: Friday, November 20, 2026 8:00 AM\n"
    "To: Luis\nSubject: News of the week\n\n"),
    ("-----Original Message-----\nFrom: Ana\nDate: Fri, 20 Nov 2026 08:00:00 +0000\n"
    "Subject: FW: News\n\n"),
    "On Fri, 20 Nov 2026 at 08:00, Ana Mora <ana@example.org> wrote:\n\n",
    "Ministerio\nTransparencia\nTrámites\n\n", "We use cookies to improve your visit. Accept\n\n",
]  # fmt: skip
BELOW = [
    "Share this page\nContact us\n", "\nShare this page\nContact us\n",
    "\n© 2026 Ministry of Labour. All rights reserved.\n", "\nPrivacy policy\nTerms of use\n",
    "\nFollow us\nFacebook\nTwitter\n", "\nBest regards,\nAna\n", "\nSaludos cordiales\nAna\n",
    "Best regards\nAna Mora\nRegional news desk\n", "\nMit freundlichen Grüßen\nAna Mora\n",
    "\n-- \nAna Mora\nTel. +506 2222 0000\n", "\nSubscribe to our newsletter\n", "\nBack to top\n",
    "\nTo unsubscribe from this list, reply to this message.\n", "\nSent from my iPhone\n",
    "\nThis message is confidential and intended only for the addressee.\n",
    "Transparencia\nTrámites\n", "\nTransparencia\nTrámites\n", "\n1 2 3 Next »\n",
]  # fmt: skip
WITHIN = [
    "3 comments · Tags: work, hub\n", "Share\n", "Like · Comment · Share\n", "Tweet Share Email\n",
    "Posted by Ana Mora | 5 comments\n", "3 comentarios · Etiquetas: trabajo\n",
    "Share on Facebook · Share on Twitter\n", "120 views · 3 min read\n",
    "by Ana | Nov 20 | 2 comments\n", "Keine Kommentare · Schlagwörter: Arbeit\n",
]  # fmt: skip


def assert_right_or_held(text: str) -> None:
    """Nothing of what stands around is published, and nothing else is lost."""
    reading = parse(text, "a.txt")
    read = tuple((str(o.text.date), o.text.title, o.text.summary) for o in reading.listings)
    assert read in ((), ENTRIES)
    assert [one.text.category for one in reading.listings if one.text.category] == []


def body(layout: str) -> str:
    return "\n".join(LAYOUTS[layout](*entry) for entry in ENTRIES)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("above", ABOVE)
def test_what_stands_above_is_of_no_entry(layout: str, above: str) -> None:
    assert_right_or_held(above + body(layout))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("below", BELOW)
def test_what_stands_below_is_of_no_entry(layout: str, below: str) -> None:
    assert_right_or_held(body(layout) + below)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("within", WITHIN)
def test_what_pages_have_below_an_entry_is_no_part_of_it(layout: str, within: str) -> None:
    parts = [LAYOUTS[layout](*entry) for entry in ENTRIES]
    assert_right_or_held("\n".join(part + within for part in parts))
    assert_right_or_held("\n".join([parts[0] + within, *parts[1:]]))
    assert_right_or_held("\n".join([*parts[:-1], parts[-1] + within]))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    "quoted",
    [
        lambda text: "".join(f"> {line}\n" for line in text.splitlines()),
        lambda text: "".join(f">> {line}\n" for line in text.splitlines()),
        lambda text: "".join(f">{line}\n" for line in text.splitlines()),
        lambda text: "\n".join(
            f"> {line}" if at % 3 != 2 else line for at, line in enumerate(text.splitlines())
        ),
        lambda text: (
            "Dear all,\n\nsee below.\n\nAna\n\nOn Friday Luis wrote:\n"
            + "".join(f"> {line}\n" for line in text.splitlines())
        ),
    ],
    ids=["all", "twice", "without a blank", "most", "below a letter"],
)
def test_the_mark_of_a_quotation_is_published_nowhere(
    layout: str, quoted: Callable[[str], str]
) -> None:
    assert_right_or_held(quoted(body(layout)))


def test_the_file_itself_is_read() -> None:
    for above, below in (("", ""), (ABOVE[0], BELOW[1]), (ABOVE[3], BELOW[5])):
        assert len(parse(above + body("date first") + below, "a.txt").listings) == len(ENTRIES)


def test_running_text_without_a_date_above_the_first_one_is_named() -> None:
    lost = (
        "Workers of all the region meet in the capital\n"
        "They will speak of wages, of housing and of the law that is to come.\n\n"
    )
    reading = parse(lost + body("date first"), "a.txt")
    titles = [one.text.title for one in reading.listings]
    assert titles in ([], [title for _, title, _ in ENTRIES])
    assert any("belongs to no entry" in each.message for each in reading.problems) or not titles


def test_sentences_below_shorter_lines_are_no_titles() -> None:
    text = "\n".join(f"{title}\n{day}\n{summary}\n" for day, title, summary in ENTRIES[:3])
    text += "Tags: work\n"
    reading = parse(text, "a.txt")
    assert reading.listings == ()
    assert reading.guess
    (problem,) = reading.problems
    assert "sentences below a shorter line" in problem.message
    assert parse(text, "a.txt", hints=Hints(threshold=0)).listings == reading.guess


@pytest.mark.parametrize("name", ["Title", "Headline", "Título", "Titre", "**Title**", "TITLE"])
@pytest.mark.parametrize("number", [1, 2, 4])
def test_the_name_of_a_field_is_published_nowhere(name: str, number: int) -> None:
    label = f"{name}:" if "*" not in name else "**Title:**"
    for form in (
        "{day}\n{label} {title}\n{text}\n", "Date: {day}\n{label} {title}\n{text}\n",
        "{label} {title}\nDate: {day}\nSummary: {text}\n",
        "{day}\n{label} {title}\nSummary: {text}\n",
    ):  # fmt: skip
        some = ENTRIES[:number]
        text = "\n".join(form.format(day=d, title=t, text=s, label=label) for d, t, s in some)
        reading = parse(text, "a.txt")
        read = [(str(o.text.date), o.text.title, o.text.summary) for o in reading.listings]
        assert read in ([], list(some)), form
        assert [one.text.category for one in reading.listings if one.text.category] == []
