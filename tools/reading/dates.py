"""How a site writes its dates, and the days that a listing runs through.

Names of months and weekdays come from Babel. Its stand-alone months are asked for only where a
language has its own: elsewhere the answer depends on which language was asked before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from babel.dates import format_date

from tools.reading.words import Words, weighed

_WORDED = {
    "": ["d MMMM y", "d MMMM y", "dd MMMM y", "d MMM y", "dd MMM y", "d MMMM, y", "dd-MMM-y",
         "MMMM d, y"],
    "en": ["MMMM d, y", "MMM d, y", "MMMM dd, y", "d MMMM y", "d MMM y", "dd MMM y", "d MMMM, y",
           "MMM d y", "dd-MMM-y", "d'@' MMMM y", "MMMM d'@', y", "d'@' 'of' MMMM, y", "dd MMM,y",
           "MMM'.' d, y", "dd/MMM/y"],
    "es": ["d 'de' MMMM 'de' y", "d 'de' MMMM, y", "d MMMM y", "d MMM y", "MMMM d, y", "dd MMM,y",
           "d'@' 'de' MMMM 'de' y"],
    "pt": ["d 'de' MMMM 'de' y", "d'@' 'de' MMMM 'de' y", "d MMMM, y", "d MMM y", "d MMMM y"],
    "fr": ["d MMMM y", "d'@' MMMM y", "d MMM y", "dd MMMM y"],
    "it": ["d MMMM y", "d MMM y", "MMMM d, y", "d'@' MMMM y", "dd MMMM y"],
    "de": ["d. MMMM y", "dd. MMMM y", "d. MMM y", "dd. MMM y"],
    "cs": ["d. MMMM y", "d. MMMM y"],
    "ru": ["d MMMM y", "d MMMM y 'г.'", "dd MMMM y"],
    "uk": ["d MMMM y", "d MMMM y 'р.'", "d MMM y"],
    "he": ["d 'ב'MMMM y", "d MMMM y"],
    "vi": ["'ngày' d 'tháng' M 'năm' y", "d 'tháng' M, y", "dd/MM/y"],
    "zh": ["y年M月d日", "y年MM月dd日", "y-MM-dd", "y/MM/dd"],
    "ja": ["y年M月d日", "y年MM月dd日", "y.MM.dd", "y/M/d"],
    "ko": ["y년 M월 d일", "y. M. d.", "y.MM.dd", "y. MM. dd."],
}  # fmt: skip
_DAY_FIRST = ["dd.MM.y", "d.M.y", "dd/MM/y", "d/M/y", "dd-MM-y", "dd. MM. y"]
_DOTS = ("de", "cs", "pl", "ru", "uk", "tr")
_YEAR_FIRST = ["y-MM-dd", "y-MM-dd", "y/MM/dd", "y.MM.dd", "y/M/d"]
_SHORT = ["dd.MM.yy", "dd/MM/yy", "dd-MM-yy", "d.M.yy"]
_YEARLESS = ["dd.MM.", "d MMMM", "MMM d", "d/M", "dd/MM", "MMMM d", "dd.MM", "EEE d MMM"]
_FAR_EAST = ("ja", "ko", "zh")
_STACKS = [("MMM", "d", "y"), ("d", "MMM", "y"), ("dd", "MMMM y"), ("d MMM", "y"),
           ("EEE", "d MMM y"),
           ("MMMM", "dd", "y"), ("dd", "MM.y"), ("dd", "MMM"), ("MMM", "dd")]  # fmt: skip
_OWN_MONTHS = ("cs", "el", "pl", "ru", "uk")
_ELSEWHERE = {"ar": ["ar", "ar_SY", "ar_MA"], "de": ["de", "de", "de_AT"], "pt": ["pt", "pt_PT"]}
_FAR_DIGITS = {"ar": "٠١٢٣٤٥٦٧٨٩", "hi": "०१२३४५६७८९"}


@dataclass(frozen=True, slots=True)
class DateForm:
    """How dates look at one site. `kind` says what a date says of its day."""

    kind: str  # full, short (two-figure year), yearless, ago, stacked, range
    pattern: str
    locale: str
    weekday: str = ""
    clock: str = ""
    upper: bool = False
    before: str = ""
    around: tuple[str, str] = ("", "")
    digits: str = ""
    buddhist: bool = False
    newest_ago: int = 0  # so many entries at the top are dated "3 hours ago"


def draw_form(rng: Random, words: Words, *, markdown: bool) -> DateForm:
    """A site's way to write dates."""
    kind = weighed(rng, worded=50, numeric=27, short=5, yearless=4, ago=5, stacked=5, range=4)
    abroad = words.language != "en" and rng.random() < 0.07
    locale = "en" if abroad else rng.choice(_ELSEWHERE.get(words.language, [words.language]))
    form = DateForm("full", "", locale)
    if kind == "numeric":
        form = replace(form, pattern=rng.choice(_numeric(rng, words.language)))
    elif kind == "short":
        monthly = words.language == "en" and rng.random() < 0.6
        short = rng.choice(["MM/dd/yy", "MM.dd.yy", "M/d/yy"]) if monthly else rng.choice(_SHORT)
        form = replace(form, kind="short", pattern=short)
    elif kind == "yearless":
        yearless = _YEARLESS if locale not in _FAR_EAST else ["MM/dd", "MM-dd", "MM.dd"]
        form = replace(form, kind=kind, pattern=rng.choice(yearless))
    elif kind == "stacked":
        stacks = _STACKS if locale not in _FAR_EAST else [("MM.dd", "y"), ("y", "MM.dd")]
        form = replace(form, kind=kind, pattern="\n".join(rng.choice(stacks)))
    else:
        pattern = rng.choice(_WORDED.get(locale[:2], _WORDED[""]))
        form = replace(form, kind="full" if kind == "worded" else kind, pattern=pattern)
    if form.kind in ("full", "ago") and rng.random() < 0.08:
        form = replace(form, newest_ago=rng.randint(1, 4))
    return _adorned(rng, words, form, markdown=markdown)


def _numeric(rng: Random, language: str) -> list[str]:
    if language in ("zh", "ja", "ko", "sv") or rng.random() < 0.25:
        return _YEAR_FIRST
    if language == "en" and rng.random() < 0.45:
        return ["MM/dd/y", "MM/dd/y", "M/d/y", "MM-dd-y", "MM.dd.y"]
    return [p for p in _DAY_FIRST if "." in p] if language in _DOTS else _DAY_FIRST


def _adorned(rng: Random, words: Words, form: DateForm, *, markdown: bool) -> DateForm:
    """`form` with weekday, clock, "Posted on", brackets or the like, as sites have them."""
    if form.kind == "stacked":
        return replace(form, upper=rng.random() < 0.3)
    far = _FAR_DIGITS.get(form.locale[:2], "") if rng.random() < 0.2 else ""
    around = ("", "")
    if rng.random() < 0.08:
        around = rng.choice([("(", ")"), ("[", "]"), ("- ", ""), ("» ", ""), ("", " |"), ("", ":")])
    elif markdown and rng.random() < 0.3:
        around = rng.choice([("_", "_"), ("**", "**"), ("*", "*")])
    named = "M" in form.pattern and form.kind in ("full", "range")
    return replace(
        form,
        weekday=rng.choice(["EEEE, ", "EEE, ", "EEEE ", "EEE "]) if rng.random() < 0.12 else "",
        clock=_draw_clock(rng, words) if rng.random() < 0.2 and form.kind != "range" else "",
        upper=named and rng.random() < 0.08,
        before=words.pick(rng, "posted") + " " if rng.random() < 0.12 else "",
        around=around,
        digits=far,
        buddhist=form.locale == "th" and rng.random() < 0.3,
    )


def _draw_clock(rng: Random, words: Words) -> str:
    if words.language == "en" and rng.random() < 0.5:
        return rng.choice([" {a}", ", {a}", " - {a}", " at {a}", " | {a}"])
    return rng.choice([" {t}", ", {t}", " - {t}", " | {t}", " {h}", " {t}:07", " ({t})", "<{t}, "])


def evident(form: DateForm, days: Sequence[date]) -> list[date]:
    """`days` so that those written in figures show which of them is the day."""
    bare = form.pattern
    if form.kind not in ("full", "short") or "MMM" in bare or bare.startswith("y"):
        return list(days)
    wanted = min(2, len(days))
    for later in range(31):
        moved = [day + timedelta(days=later) for day in days]
        if sum(day.day > 12 for day in moved[form.newest_ago :]) >= wanted:
            return moved
    return list(days)


def write(rng: Random, words: Words, form: DateForm, day: date, age: int) -> tuple[str, bool]:
    """The date of the entry number `age` as the site writes it; False where it names no day."""
    if form.kind == "ago" or age < form.newest_ago:
        return _ago(rng, words, age), False
    made = _day(form, day)
    if form.weekday:
        name = str(format_date(day, form.weekday, locale=form.locale))
        made = f"{made} ({name.strip(', ')})" if form.locale in _FAR_EAST else name + made
    if form.kind == "range":
        end = day + timedelta(days=rng.randint(1, 6))
        joint = rng.choice([" - ", " – ", "–"])
        made += joint + _day(form, end)
    if form.clock:
        made = _clocked(rng, form.clock, made)
    if form.upper:
        made = made.upper()
    if form.digits:
        made = made.translate(str.maketrans("0123456789", form.digits))
    made = form.before + form.around[0] + made + form.around[1]
    names_year = "y" in form.pattern
    return made, names_year


def _day(form: DateForm, day: date) -> str:
    made = []
    for part in form.pattern.split("\n"):
        written = str(format_date(day, part, locale=form.locale)).replace("\u202f", " ")
        if form.buddhist:
            written = written.replace(str(day.year), str(day.year + 543))
        made.append(written.replace("@", _ordinal(day.day, form.locale[:2])))
    return "\n".join(made)


def _ordinal(day: int, language: str) -> str:
    if language == "en":
        return {1: "st", 2: "nd", 3: "rd"}.get(day % 10 if day // 10 != 1 else 0, "th")
    return {"fr": "er", "es": "º", "pt": "º", "it": "º"}.get(language, "") if day == 1 else ""


def _clocked(rng: Random, clock: str, day: str) -> str:
    time = clock_time(rng)
    hour, minute = time.split(":")
    twelve = f"{int(hour) % 12 or 12}:{minute} {'pm' if int(hour) > 11 else 'am'}"
    if clock.startswith("<"):
        return clock[1:].format(t=time) + day
    return day + clock.format(a=twelve, t=time, h=f"{hour}h{minute}")


def clock_time(rng: Random) -> str:
    """A time of the day: 14:05."""
    return f"{rng.randint(0, 23):02d}:{rng.randint(0, 59):02d}"


def _ago(rng: Random, words: Words, age: int) -> str:
    pattern = words.pick(rng, "ago") if age > 5 or rng.random() < 0.85 else "{t}"
    return pattern.format(n=rng.randint(2, 9) + age, t=clock_time(rng))


def draw_days(rng: Random, count: int) -> list[date]:
    """The days of `count` entries from the top of the page down."""
    newest = date(rng.choice([1998, 2004, 2009, *range(2011, 2028), *range(2014, 2027)]), 1, 1)
    day = newest + timedelta(days=rng.randint(0, 364))
    pace = rng.choice([0.3, 1.0, 3.0, 8.0, 20.0, 60.0])
    days = []
    for _ in range(count):
        days.append(day)
        day -= timedelta(days=int(rng.expovariate(1 / pace) + 0.3))
    order = weighed(rng, down=82, up=7, mixed=6, same=3, slip=2)
    if order == "up":
        days.reverse()
    elif order == "mixed":
        rng.shuffle(days)
    elif order == "same":
        days = [days[0]] * count
    elif order == "slip":
        at = rng.randrange(count)
        days[at] += timedelta(days=rng.randint(30, 400))
    return days


def month_heading(day: date, language: str, *, year: bool) -> str:
    """The name of a month as it stands above its entries."""
    pattern = "LLLL" if language in _OWN_MONTHS else "MMMM"
    return str(format_date(day, pattern + (" y" if year else ""), locale=language))
