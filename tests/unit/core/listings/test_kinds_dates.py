"""Dates of every form: each is the right day, or there is none and the reading says so."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from babel.dates import format_date
from babel.localedata import locale_identifiers

from tests.unit.core.listings.kinds import (
    Case,
    Entry,
    days,
    each_is_right_or_held,
    listing,
    right_or_held,
    stories,
)
from tidings.core.listings import Hints, parse

# --- Years of two figures -------------------------------------------------------------------------


def _column(
    sentence: str, form: str, shape: str, wanted: tuple[date, ...], language: str = "en"
) -> Case:
    told = stories(language)
    text = "".join(
        shape.format(day=day.strftime(form), title=title, text=text)
        for day, (title, text) in zip(wanted, told, strict=False)
    )
    entries = tuple(Entry(title, day) for day, (title, _) in zip(wanted, told, strict=False))
    return Case(sentence, text, entries)


SHORT_YEARS = [
    _column(
        "a column of months before days leaves one order", "%m/%d/%y", "{day} {title}\n", days(10)
    ),
    _column(
        "a column of days before months leaves one order",
        "%d.%m.%y",
        "{title}\n{day}\n{text}\n\n",
        days(8),
        "de",
    ),
    _column(
        "years that come first leave one order",
        "%y-%m-%d",
        "{day}\n{title}\n{text}\n\n",
        (date(1999, 12, 31), *days(8)[1:]),
    ),
    _column(
        "years from sixty nine on are of the last century",
        "%d/%m/%y",
        "{title} ({day})\n",
        (
            date(1971, 5, 30),
            date(1970, 2, 14),
            date(1969, 12, 31),
            date(1969, 8, 25),
            date(1969, 1, 19),
        ),
    ),
    _column(
        "years up to sixty eight are of this century",
        "%d/%m/%y",
        "{day} - {title}\n",
        (
            date(2068, 5, 30),
            date(2067, 2, 14),
            date(2064, 12, 31),
            date(2058, 8, 25),
            date(2051, 1, 19),
        ),
    ),
    _column("months by their names need no column", "%d-%b-%y", "{day}\n{title}\n\n", days(6)),
    _column(
        "clocks behind short dates do not hide them",
        "%m/%d/%y, 10:15 AM",
        "{title}\n{day}\n{text}\n\n",
        days(9),
    ),
    _column(
        "a short date beside a rubric is read",
        "%d.%m.%y",
        "{day} | Kultur\n{title}\n{text}\n\n",
        days(8),
        "de",
    ),
]


def _named_year() -> Case:
    wanted = (
        date(2012, 11, 10),
        date(2012, 10, 9),
        date(2012, 9, 8),
        date(2012, 7, 6),
        date(2012, 5, 4),
    )
    case = _column("", "%d/%m/%y", "{day}\n{title}\n{text}\n\n", wanted, "es")
    return Case(
        "a year named above settles short dates in Spanish",
        "Archivo 2012\n\n" + case.text,
        case.entries,
    )


SHORT_YEARS.append(_named_year())


@pytest.mark.parametrize(
    "shape", ["{day}\n{title}\n{text}\n\n", "{title}\n{day}\n{text}\n\n", "{day} - {title}\n"]
)
def test_a_column_that_leaves_two_orders_has_a_problem_at_each_line_or_is_held(shape: str) -> None:
    wanted = tuple(date(2003 + n, 5 + n, 4 + n) for n in range(6))
    case = _column("", "%m/%d/%y", shape, wanted)
    reading = parse(case.text, "a.txt")
    assert reading.listings == ()
    short = [problem for problem in reading.problems if "two digits" in problem.message]
    assert len(short) == 6 or len(reading.problems) == 1


def test_a_date_order_settles_short_dates() -> None:
    wanted = tuple(date(2003 + n, 5 + n, 4 + n) for n in range(6))
    case = _column("", "%m/%d/%y", "{day}\n{title}\n{text}\n\n", wanted)
    assert right_or_held(case.text, case.entries, Hints(date_order="mdy"))


# --- Stacked, relative, incomplete ----------------------------------------------------------------

STACKED = [
    listing(
        "month, day and year on three lines",
        "en",
        "{day}\n{title}\n{text}\n\n",
        day="MMM'\n'd'\n'y",
    ),
    listing(
        "day, month and year on three lines",
        "de",
        "{day}\n\n{title}\n\n{text}\n\n\n",
        day="d'\n'MMMM'\n'y",
    ),
    listing(
        "day, then month and year on two lines",
        "es",
        "{day}\n{title}\n{text}\n\n",
        day="d'\n'MMMM y",
    ),
    listing(
        "month and day, then the year on two lines",
        "en",
        "{day}\n### {title}\n{text}\n\n",
        day="MMM d'\n'y",
    ),
    listing(
        "stacked dates with blank lines between them",
        "fr",
        "{day}\n\n{title}\n\n{text}\n\n\n",
        day="d'\n\n'MMM'\n\n'y",
    ),
    listing(
        "a weekday above a stacked date",
        "it",
        "{day}\n{title}\n{text}\n\n",
        day="EEEE'\n'd'\n'MMMM'\n'y",
    ),
    listing("stacked dates below titles", "pt", "{title}\n{day}\n{text}\n\n", day="d'\n'MMM'\n'y"),
    listing(
        "capital months of stacked dates",
        "en",
        "{day}\n{title}\n{text}\n\n",
        day=lambda day: f"{day:%d}\n{day:%b}\n{day.year}".upper(),
    ),
]

AGO = {
    "en": ("4 hours ago", "Yesterday", "2 days ago", "3 days ago", "a week ago", "2 weeks ago"),
    "de": (
        "vor 4 Stunden",
        "Gestern",
        "vor 2 Tagen",
        "vor 3 Tagen",
        "vor einer Woche",
        "vor 2 Wochen",
    ),
    "es": (
        "hace 4 horas",
        "Ayer",
        "hace 2 días",
        "hace 3 días",
        "hace una semana",
        "hace 2 semanas",
    ),
    "fr": (
        "il y a 4 heures",
        "Hier",
        "il y a 2 jours",
        "il y a 3 jours",
        "il y a une semaine",
        "il y a 2 semaines",
    ),
    "pt": ("há 4 horas", "Ontem", "há 2 dias", "há 3 dias", "há uma semana", "há 2 semanas"),
    "nl": (
        "4 uur geleden",
        "Gisteren",
        "2 dagen geleden",
        "3 dagen geleden",
        "een week geleden",
        "2 weken geleden",
    ),
    "pl": (
        "4 godziny temu",
        "Wczoraj",
        "2 dni temu",
        "3 dni temu",
        "tydzień temu",
        "2 tygodnie temu",
    ),
    "ru": ("4 часа назад", "Вчера", "2 дня назад", "3 дня назад", "неделю назад", "2 недели назад"),
    "tr": ("4 saat önce", "Dün", "2 gün önce", "3 gün önce", "1 hafta önce", "2 hafta önce"),
    "sv": (
        "för 4 timmar sedan",
        "Igår",
        "för 2 dagar sedan",
        "för 3 dagar sedan",
        "för en vecka sedan",
        "för 2 veckor sedan",
    ),
    "fi": (
        "4 tuntia sitten",
        "Eilen",
        "2 päivää sitten",
        "3 päivää sitten",
        "viikko sitten",
        "2 viikkoa sitten",
    ),
    "cs": ("před 4 hodinami", "Včera", "před 2 dny", "před 3 dny", "před týdnem", "před 2 týdny"),
    "it": ("4 ore fa", "Ieri", "2 giorni fa", "3 giorni fa", "una settimana fa", "2 settimane fa"),
    "ja": ("4時間前", "昨日", "2日前", "3日前", "1週間前", "2週間前"),
    "zh": ("4小时前", "昨天", "2天前", "3天前", "1周前", "2周前"),
    "ko": ("4시간 전", "어제", "2일 전", "3일 전", "1주 전", "2주 전"),
    "vi": (
        "4 giờ trước",
        "Hôm qua",
        "2 ngày trước",
        "3 ngày trước",
        "1 tuần trước",
        "2 tuần trước",
    ),
    "el": (
        "πριν από 4 ώρες",
        "Χθες",
        "πριν από 2 ημέρες",
        "πριν από 3 ημέρες",
        "πριν από μία εβδομάδα",
        "πριν από 2 εβδομάδες",
    ),
    "ar": ("قبل 4 ساعات", "أمس", "قبل يومين", "قبل 3 أيام", "قبل أسبوع", "قبل أسبوعين"),
    "th": ("4 ชั่วโมงที่แล้ว", "เมื่อวาน", "2 วันที่แล้ว", "3 วันที่แล้ว", "1 สัปดาห์ที่แล้ว", "2 สัปดาห์ที่แล้ว"),
    "hi": ("4 घंटे पहले", "कल", "2 दिन पहले", "3 दिन पहले", "1 सप्ताह पहले", "2 सप्ताह पहले"),
}
FORMS = (
    ("above titles", "{ago}\n{title}\n{text}\n\n"),
    ("below titles", "{title}\n\n{ago}\n\n{text}\n\n"),
    ("behind a rubric below titles", "{title}\n{text}\n{rubric} | {ago}\n\n"),
)
RELATIVE = [
    listing(
        f"relative dates in {language} {where} make no title",
        language,
        form,
        dated=False,
        summary=None,
        ago=ago,
        rubric=("Sport", "Forum", "Sport"),
    )
    for language, ago in AGO.items()
    for where, form in FORMS
]

YEARLESS = [
    listing(
        "days without a year above titles make none",
        "en",
        "{day}\n{title}\n{text}\n\n",
        day="d MMMM",
        dated=False,
    ),
    listing(
        "days without a year below titles make none",
        "de",
        "{title}\n{day}\n{text}\n\n",
        day="d. MMMM",
        dated=False,
    ),
    listing(
        "days without a year in front of titles make none",
        "es",
        "{day} | {title}\n",
        day="d 'de' MMMM",
        dated=False,
        summary="",
    ),
    listing(
        "days and months in figures make no date",
        "fr",
        "{day} | {title}\n",
        day="dd/MM",
        dated=False,
        summary="",
    ),
    listing(
        "days and months in figures with a clock make no date",
        "de",
        "{title}\n{text}\n{day} Uhr\n\n",
        day="dd.MM.' 14:05'",
        dated=False,
    ),
    listing(
        "weekdays with a month and a day make no date",
        "en",
        "{title}\n{day}\n{text}\n\n",
        day="EEE, MMM d",
        dated=False,
    ),
    listing(
        "days without a year in Russian make none",
        "ru",
        "{day}\n{title}\n{text}\n\n",
        day="d MMMM",
        dated=False,
    ),
    listing(
        "days without a year in Finnish make none",
        "fi",
        "{title}\n{day}\n{text}\n\n",
        day="d. MMMM",
        dated=False,
    ),
    listing(
        "days without a year in Chinese make none",
        "zh",
        "{day}\n{title}\n{text}\n\n",
        day="M月d日",
        dated=False,
    ),
    listing(
        "clocks in front of titles make no date",
        "pt",
        "{clock} {title}\n",
        clock=("18:40", "17:05", "16:22", "14:10", "9:55"),
        dated=False,
        summary="",
    ),
]

IMPOSSIBLE = [
    Case(
        "a day that is not in the calendar is left out with its line",
        "".join(
            f"{'31 November 2024' if n == 2 else f'{day:%d %B %Y}'}\n{title}\n{text}\n\n"
            for n, (day, (title, text)) in enumerate(zip(days(8), stories("en"), strict=False))
        ),
        tuple(
            Entry(title, day, text)
            for n, (day, (title, text)) in enumerate(zip(days(8), stories("en"), strict=False))
            if n != 2
        ),
    )
]

# --- Instants -------------------------------------------------------------------------------------

INSTANTS = [
    listing(
        "instants with a zone above titles",
        "en",
        "{day}\n{title}\n{text}\n\n",
        day="y-MM-dd'T10:15:00Z'",
    ),
    listing(
        "instants with an offset below titles",
        "de",
        "{title}\n{day}\n{text}\n\n",
        day="y-MM-dd'T10:15:00+02:00'",
    ),
    listing(
        "instants with fractions in front of titles",
        "es",
        "{day} {title}\n",
        day="y-MM-dd'T10:15:00.250Z'",
        summary="",
    ),
    listing(
        "instants with a blank and an offset",
        "fr",
        "{title}\n{text}\n{day}\n\n",
        day="y-MM-dd' 10:15:00 +0200'",
    ),
    listing(
        "days of mail headers",
        "en",
        "{day}\n{title}\n{text}\n\n",
        day="EEE, dd MMM y '10:15:00 +0200'",
    ),
    listing(
        "clocks with a zone by its name",
        "en",
        "{title}\nPosted {day}\n{text}\n\n",
        day="MMMM d, y 'at 10:15 AM EST'",
    ),
]

test_each_is_read_right_or_held = each_is_right_or_held(
    SHORT_YEARS, STACKED, RELATIVE, YEARLESS, IMPOSSIBLE, INSTANTS
)


# --- Months of every language ---------------------------------------------------------------------


def months_listing(tag: str, form: str, shape: str) -> Case:
    """A listing dated in a language of CLDR, in every month of a year."""
    wanted = [date(2024, 12, 27) - timedelta(days=31 * n) for n in range(10)]
    told = stories("en")
    text = "".join(
        shape.format(day=format_date(day, form, locale=tag), title=title, text=text)
        for day, (title, text) in zip(wanted, told, strict=True)
    )
    entries = tuple(Entry(title, day) for day, (title, _) in zip(wanted, told, strict=True))
    return Case(tag, text, entries)


LANGUAGES = sorted(tag for tag in locale_identifiers() if "_" not in tag)
SHAPES = ("{day}\n{title}\n{text}\n\n", "{title} ({day})\n{text}\n\n", "{title}\n{text}\n{day}\n\n")
NUMBERED = ("kgp", "kkj")  # whose months are numbers in CLDR


@pytest.mark.parametrize("tag", LANGUAGES)
def test_no_date_in_any_language_is_dropped_in_silence(tag: str) -> None:
    place = LANGUAGES.index(tag)
    form = ("long", "full")[place % 2]
    case = months_listing(tag, form, SHAPES[place % 3])
    if tag not in NUMBERED:
        right_or_held(case.text, case.entries)


def test_dates_in_most_languages_are_read() -> None:
    told = "ar bg bn ca cs el et eu fa fi ga he hi hr hu hy ka ko lt lv mr nb ro sk sl sr sv sw ta"
    for place, tag in enumerate((*told.split(), "th", "uk", "ur", "vi", "zh")):
        case = months_listing(tag, "long", SHAPES[place % 3])
        reading = parse(case.text, "a.txt")
        assert [one.text.date for one in reading.listings] == [each.day for each in case.entries], (
            tag
        )
