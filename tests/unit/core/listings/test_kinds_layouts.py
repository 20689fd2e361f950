"""The kinds of layout that are easily misread: each is read right or held, never wrong."""

from __future__ import annotations

from textwrap import fill

from tests.unit.core.listings.kinds import (
    Case,
    Entry,
    days,
    each_is_right_or_held,
    listing,
    stories,
    written,
)

NAMES = ("Ana Mora", "Jonas Weber", "Lucía Prado", "Piet de Vries", "Maren Holt")
RUBRICS = ("Culture", "Transport", "Schools", "Culture", "Environment")

DATES_ARE_NEVER_DROPPED = [
    listing(
        "a date at the end of each bulleted text line is not dropped",
        "en",
        "* **{title}** {text} ({day})\n",
        day="d MMM y",
        summary=None,
    ),
    listing(
        "a date in front of a long line with title and text is not dropped",
        "de",
        "{day}: {title}\n\n{text}\n\n\n",
        day="dd.MM.y",
    ),
    listing(
        "a date after a place and a bar is not dropped",
        "es",
        "{title}\n{place} | {day}\n{text}\n\n",
        place=("Valdehierro", "Las Peñas", "Río Seco"),
    ),
    listing(
        "a date below numbered headings is not dropped",
        "fr",
        "{number}. {title}\n   {day}\n   {text}\n\n",
    ),
    listing(
        "a date at the end of each list line without text is not dropped",
        "nl",
        "- {title} ({day})\n",
        day="d-M-y",
        summary="",
    ),
]


def _undated_bullets() -> Case:
    told = list(stories("en"))
    heads = [f"* {title}" for title, _ in told[:4]]
    heads.insert(2, "* Minutes of the meeting of 3 October 2024")
    heads += [f"* {title}" for title, _ in told[4:]]
    titles = [head[2:] for head in heads]
    return Case(
        "one bullet that ends in a date does not date the list",
        "\n".join(heads) + "\n",
        tuple(Entry(title, None, "") for title in titles),
    )


def _undated_links() -> Case:
    told = stories("de")
    lines = [f"[{title}](/n/{n})\n{text}\n" for n, (title, text) in enumerate(told)]
    lines[3] = (
        "[Rede zum Neujahrsempfang am 6. Januar 2024](/n/3)\nDie Rede im Wortlaut, mit Bildern.\n"
    )
    entries = [Entry(title, None, text) for title, text in told]
    entries[3] = Entry(
        "Rede zum Neujahrsempfang am 6. Januar 2024", None, "Die Rede im Wortlaut, mit Bildern."
    )
    return Case(
        "one link that names a day does not date the others", "\n".join(lines), tuple(entries)
    )


def _undated_paragraphs() -> Case:
    told = stories("es")
    texts = [text for _, text in told]
    texts[0] += " La inauguración será el 12 de marzo de 2025."
    blocks = [f"{title}\n\n{text}\n\n\n" for (title, _), text in zip(told, texts, strict=True)]
    return Case(
        "a day in the first text does not date the list",
        "".join(blocks),
        tuple(Entry(title, None, text) for (title, _), text in zip(told, texts, strict=True)),
    )


ONE_DATE_IS_NO_COLUMN = [_undated_bullets(), _undated_links(), _undated_paragraphs()]

OWN_DATES = [
    listing(
        "the date below belongs to the title above though no blank line says so",
        "en",
        "{title}\n{text}\n{day}\n",
    ),
    listing(
        "the date above belongs to the title below though a page heading begins the file",
        "pt",
        "{day}\n{title}\n{text}\n",
        top="Últimas notícias\n",
    ),
    listing(
        "the date below the text is not that of the next title",
        "it",
        "{title}\n\n{text}\n\n{day}\n\n",
    ),
    listing(
        "the date between two blank lines goes with the closer title",
        "pl",
        "{day}\n\n{title}\n\n{text}\n\n\n\n",
    ),
    listing(
        "a headed teaser above dated entries takes no date of theirs",
        "de",
        "### {title}\n{day}\n\n{text}\n\n",
        top="## Aktuelles\n\nHier lesen Sie, was sich in der Stadt tut.\n\n",
    ),
    listing(
        "headings followed by the date and texts of two paragraphs are told from texts",
        "fr",
        "## {title}\n\n{day}\n\n{text}\n\n{more}\n\n",
        summary="{text} {more}",
        more=(
            "L'inauguration aura lieu en présence des voisins.",
            "Les travaux ont commencé mardi.",
            "Le vote a duré plus de deux heures.",
            "Une exposition suivra au printemps.",
            "Les parents accompagnent le groupe.",
            "Les fleuristes ont approuvé le projet.",
        ),
    ),
]

CONSTANTS = [
    listing(
        "a constant behind a comma is no part of titles",
        "en",
        "{title}, media release\n{day}\n{text}\n\n",
    ),
    listing(
        "a constant in front of a bar is no part of titles",
        "nl",
        "Nieuws | {title}\n{day}\n\n{text}\n\n\n",
    ),
    listing(
        "a constant behind a dash is no part of titles",
        "de",
        "{day}\n{title} – Pressemitteilung\n{text}\n\n",
    ),
    listing(
        "a byline above the date is no title",
        "en",
        "Posted by: {author}\n{day}\n{title}\n{text}\n\n",
        author=NAMES,
    ),
    listing(
        "a byline with the date below the title is no title",
        "es",
        "{title}\nPublicado por: {author} | {day}\n{text}\n\n",
        author=NAMES,
    ),
    listing(
        "an author on a line of its own below the title is no part of the text",
        "fr",
        "{day}\n{title}\nPar {author}\n{text}\n\n",
        author=NAMES,
    ),
]

BOUNDS = [
    listing(
        "captions between entries are no titles",
        "en",
        "Photo: {author}\n{title}\n{day}\n{text}\n\n",
        author=NAMES,
    ),
    listing(
        "picture paths between entries are no titles",
        "de",
        "/bilder/2024/{number}_start.jpg\n{title}\n{day}\n{text}\n\n",
    ),
    listing(
        "categories above titles are no titles",
        "en",
        "{rubric}\n{title}\n{text}\n{day}\n\n",
        rubric=RUBRICS,
    ),
    listing(
        "categories in capitals between date and title are no titles",
        "pt",
        "{day}\n{rubric}\n{title}\n{text}\n\n\n",
        rubric=("CULTURA", "OBRAS", "ESCOLAS", "CULTURA"),
    ),
    listing(
        "pictures with a describing text above entries are no titles",
        "fr",
        "![Vue générale](/img/{number}.jpg)\n\n### [{title}](/a/{number})\n\n{day}\n\n{text}\n\n",
    ),
    listing(
        "picture names in brackets before titles are no part of them",
        "en",
        "[IMG_{number}.jpg] {title}\n{day}\n{text}\n\n",
    ),
    listing(
        "picture names in brackets on lines of their own are no titles",
        "es",
        "[foto_{number}.png]\n{title}\n{day}\n{text}\n\n",
    ),
]

LONG_TITLES = [
    listing(
        "titles that are whole sentences with their stops are kept",
        "en",
        "{day}\n{text}\n\n",
        title="{text}",
        summary="",
    ),
    listing(
        "titles that are long and end in a stop stand above shorter texts",
        "de",
        "{text}\n{day}\n{title}.\n\n",
        title="{text}",
        summary="{title}.",
    ),
    listing(
        "one very long title among short ones is kept",
        "es",
        "{day} - {title}{more}\n",
        day="dd/MM/y",
        title="{title}{more}",
        summary="",
        more=(
            "",
            "",
            (
                ", una obra esperada desde hace más de veinte años por los vecinos de los dos"
                " lados del río, que hasta ahora tenían que dar un rodeo de casi once kilómetros"
            ),
            "",
            "",
            "",
        ),
    ),
    listing(
        "titles that ask and titles that exclaim are kept",
        "fr",
        "{title}{end}\n{day}\n{text}\n\n",
        title="{title}{end}",
        end=(" ?", " !", "", " ?", "…", ""),
    ),
]

YEARS_IN_TITLES = [
    listing(
        "a title that ends in a year keeps it beside a date behind it",
        "en",
        "{title} in {year} {day}\n",
        day="d MMMM y",
        title="{title} in {year}",
        summary="",
        year=("2024", "2023", "2024"),
    ),
    listing(
        "a title that ends in a year keeps it beside a date in brackets",
        "de",
        "{title} {year} ({day})\n{text}\n\n",
        day="dd.MM.y",
        title="{title} {year}",
        year=("2024", "2025", "2023"),
    ),
    listing(
        "a title that begins with a year keeps it behind a date",
        "es",
        "{day} {year}: {title}\n",
        day="dd/MM/y",
        title="{year}: {title}",
        summary="",
        year=("2024", "2025", "2023"),
    ),
    listing(
        "a title with a year stands below its date",
        "nl",
        "{day}\n{title} in {year}\n{text}\n\n",
        title="{title} in {year}",
        year=("2024", "2025"),
    ),
]

LIST_MARKS = [
    listing(
        "marks of a list part entries without dates",
        "en",
        "* {title}\n  {text}\n",
        dated=False,
    ),
    listing(
        "indents part entries without dates",
        "de",
        "{title}\n    {text}\n",
        dated=False,
    ),
    listing(
        "numbers of a list part entries without dates",
        "es",
        "{number}. {title}\n\n   {text}\n\n",
        dated=False,
    ),
    listing(
        "dashes part undated titles of one line",
        "fr",
        "– {title}\n",
        dated=False,
        summary="",
    ),
]

FACTS_BESIDE_DATES = [
    listing(
        "author and category beside the date are no title",
        "en",
        "{title}\n{author} | {rubric} | {day}\n{text}\n\n",
        author=NAMES,
        rubric=RUBRICS,
    ),
    listing(
        "a document number and its kind beside the date are no title",
        "de",
        "{day} | Drucksache 20/{number}84 | Antrag\n{title}\n{text}\n\n",
    ),
    listing(
        "kind and language of a document beside the date are no title",
        "fr",
        "{day} - {kind} - FR\n{title}\n\n",
        summary="",
        kind=("Avis", "Rapport", "Avis", "Note"),
    ),
    listing(
        "author and reading time beside the date are no title",
        "es",
        "{author} · {day} · 3 min de lectura\n{title}\n{text}\n\n",
        author=NAMES,
    ),
    listing(
        "byline and category behind a date after the summary are no title",
        "en",
        "{title}\n{text}\n{day} by {author} in {rubric}\n\n",
        author=NAMES,
        rubric=RUBRICS,
    ),
    listing(
        "a category behind a date after the summary is no title",
        "pl",
        "{title}\n\n{text}\n\n{day}\n{rubric}\n\n\n",
        rubric=("Kultura", "Sport", "Kultura", "Szkoły"),
    ),
    listing(
        "a place beside the date is no title",
        "it",
        "{title}\n{place}, {day}\n{text}\n\n",
        place=("Montebello", "Acquafredda", "Pianoro"),
    ),
]


def _wrapped(sentence: str, language: str, mark: str, indent: str, width: int) -> Case:
    """Titles of two lines, as a page of that width breaks them, above dates and wrapped texts."""
    told, parts, entries = stories(language), [], []
    write = written("d MMMM y", language)
    for number, when in enumerate(days(len(told))):
        title = f"{told[number][0]}, {told[number - 1][0][0].lower()}{told[number - 1][0][1:]}"
        text = f"{told[number][1]} {told[number - 2][1]}"
        parts.append(fill(title, width, initial_indent=mark, subsequent_indent=indent))
        parts += [write(when), "", fill(text, width), ""]
        entries.append(Entry(title, when, text))
    return Case(sentence, "\n".join(parts) + "\n", tuple(entries))


MARKED_HEADINGS = [
    _wrapped("marked headings wrapped over two lines are one title", "en", "## ", "", 60),
    _wrapped(
        "marked headings whose marks come again on the second line are one title",
        "de",
        "### ",
        "### ",
        60,
    ),
    _wrapped("headings of a list wrapped with an indent are one title", "es", "* ", "  ", 64),
    listing(
        "bars of a markdown table are no part of titles",
        "en",
        "| {day} | {title} |\n",
        top="| Date | Headline |\n|---|---|\n",
        day="d MMM y",
        summary="",
    ),
    listing(
        "bars of a markdown table with a link are no part of titles",
        "es",
        "| [{title}](/n/{number}) | {rubric} | {day} |\n",
        day="dd/MM/y",
        summary=None,
        top="| Título | Tema | Fecha |\n| --- | --- | --- |\n",
        rubric=("Cultura", "Obras", "Cultura"),
    ),
    listing(
        "one line entries under headings of months are titles",
        "fr",
        "{day} : {title}\n",
        day="d MMMM y",
        top="Novembre 2024\n\n",
        summary="",
    ),
    listing(
        "bold titles in one line with their texts are told from them",
        "it",
        "**{title}**\n_{day}_\n{text}\n\n",
    ),
]

EVENTS = [
    listing(
        "venues of events are no headlines",
        "en",
        "{title}\n{day}, {place}\n{text}\n\n",
        day="EEEE, d MMMM y",
        place=("Parish Hall", "Corn Exchange", "Parish Hall", "Rowing Club"),
    ),
    listing(
        "venues behind a slash are no headlines",
        "de",
        "{title}\n{day} / {place}\n{text}\n\n",
        day="EEEE, d. MMMM y",
        place=("Altes Rathaus", "Speicher", "Stadthalle", "Speicher"),
    ),
    listing(
        "venues on lines of their own are no headlines",
        "es",
        "{title}\n{day}\n{place}\n{text}\n\n",
        day="EEEE, d 'de' MMMM 'de' y",
        place=("Casa de la Cultura", "Teatro Viejo", "Casa de la Cultura", "Plaza Mayor"),
    ),
]


NOTES = (
    "Fix the sluice when {n} gates are shut",
    "Add {n} more gears",
    "Read the wind gauge {n} times",
    "Drop support for stones of size {n}",
    "Grind rye in {n} passes",
    "Speed up the hoist by {n}",
    "Warn of {n} empty hoppers",
    "Document the brake of stone {n}",
)


def _changelog(sentence: str, head: str, bullet: str, *, blank: bool) -> Case:
    told = stories("en")
    parts, entries = [], []
    for number, when in enumerate(days(8)):
        title = f"Millwheel {3 - number // 4}.{8 - number}.0"
        notes = [NOTES[number].format(n=n) for n in range(1 + number % 3)]
        notes.append(told[number][0])
        parts.append(head.format(title=title, day=when.isoformat()) + "\n" + "\n" * blank)
        parts.append("".join(f"{bullet}{note}\n" for note in notes) + "\n")
        entries.append(Entry(title, when, None))
    return Case(sentence, "".join(parts), tuple(entries))


CHANGELOGS = [
    _changelog(
        "the last bullet of a release is not the next title", "## {title} ({day})", "- ", blank=True
    ),
    _changelog(
        "bullets of a release below its date are no titles", "{title}\n{day}", "* ", blank=False
    ),
    _changelog(
        "bullets of a release whose date comes first are no titles",
        "{day}\n### {title}",
        "  - ",
        blank=True,
    ),
]


def _month_headings(sentence: str, language: str, form: str, day: str) -> Case:
    told = list(zip(stories(language), days(6), strict=False))
    text, entries, last = "", [], ""
    write, head = written(day, language), written("LLLL y", language)
    for (title, _), when in told:
        if head(when) != last:
            last = head(when)
            text += f"\n{last}\n\n"
        text += form.format(title=title, day=write(when)) + "\n"
        entries.append(Entry(title, when, ""))
    return Case(sentence, text, tuple(entries))


MONTH_HEADINGS = [
    _month_headings(
        "dated lines under month headings keep headings apart", "en", "{day} - {title}", "d MMMM y"
    ),
    _month_headings(
        "lines with the date last under month headings keep headings apart",
        "ru",
        "{title} ({day})",
        "dd.MM.y",
    ),
    _month_headings(
        "bullets under month headings keep headings apart", "de", "- {day}: {title}", "dd.MM.y"
    ),
]

test_each_is_read_right_or_held = each_is_right_or_held(
    DATES_ARE_NEVER_DROPPED,
    ONE_DATE_IS_NO_COLUMN,
    OWN_DATES,
    CONSTANTS,
    BOUNDS,
    LONG_TITLES,
    YEARS_IN_TITLES,
    LIST_MARKS,
    FACTS_BESIDE_DATES,
    MARKED_HEADINGS,
    EVENTS,
    CHANGELOGS,
    MONTH_HEADINGS,
)
