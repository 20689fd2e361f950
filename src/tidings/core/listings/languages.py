"""What languages bring: months and weekdays from CLDR, marks of time, the words of English."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import islice
from types import MappingProxyType
from typing import Final

from babel import Locale, UnknownLocaleError

from tidings.core.listings.text import MARKS, is_what_a_date_is, plain

DEFAULT_LANGUAGES: Final = ("en", "es", "fr", "pt", "de", "it", "nl", "pl", "ru", "da", "tr", "ja")
_WIDTHS: Final = ("wide", "abbreviated")
_TIED: Final = 3
_MOST: Final = 0.5
_ENDINGS: Final = 6  # characters; a longer name may have an ending of its language
_GLUED = re.compile(r"[a-zß-öø-ÿ](?=[A-ZÀ-ÖØ-Þ])")
_PREPOSITIONS: Final = "ב"
_MAQAF: Final = "־-"

# In daily use, though CLDR does not have them: keyed by language, then by the word.
_MORE_MONTHS: Final[Mapping[str, Mapping[str, int]]] = MappingProxyType(
    {
        "en": {"sept": 9},
        "es": {"setiembre": 9, "sep": 9, "set": 9},
        "de": {"jänner": 1, "feber": 2, "mrz": 3},
    }
)
_MORE_WEEKDAYS: Final = frozenset(
    {
        *("tues", "wednes", "thur", "thurs"),
        # Of languages whose months are numbers, and tell nothing of the language.
        *("thu hai", "thu ba", "thu tu", "thu nam", "thu sau", "thu bay", "chu nhat"),
        *("월요일", "화요일", "수요일", "목요일", "금요일", "토요일", "일요일"),
        *(f"{week}{day}" for week in ("星期", "周", "週") for day in "一二三四五六日天"),
    }
)


@dataclass(frozen=True, slots=True)
class Names:
    """The words by which dates are known: keys are `plain` words.

    A word that means two months in the languages chosen is in neither. `spelt` are months as they
    are written in the language that a file was found to be in, some of them in several words.
    """

    months: Mapping[str, int]
    weekdays: frozenset[str]
    spelt: tuple[tuple[str, int], ...] = ()

    def also(self, languages: tuple[str, ...]) -> Names:
        """These names with those of other languages, which count where both have a word."""
        more = names_of(languages)
        months = MappingProxyType({**self.months, **more.months})
        return Names(months, self.weekdays | more.weekdays, _spelt(languages))


@cache
def names_of(languages: tuple[str, ...] = DEFAULT_LANGUAGES) -> Names:
    """The names in these languages (tags such as "es" or "pt-BR"); unknown ones add nothing."""
    months: dict[str, int | None] = {}
    weekdays: set[str] = set(_MORE_WEEKDAYS)
    for tag in languages:
        locale = _locale(tag)
        if locale is None:
            continue
        for word, month in months_of(locale).items():
            months[word] = month if months.get(word, month) == month else None
        weekdays.update(_weekdays(locale))
    known = {word: month for word, month in months.items() if month is not None}
    return Names(MappingProxyType(known), frozenset(weekdays))


@cache
def _languages_by_month() -> Mapping[str, Sequence[str]]:
    """The languages of CLDR in which a (plain) word is a month.

    Their months were written down by `tools/reading/months.py`, since looking into all languages
    takes long.
    """
    text = files("tidings.core.listings").joinpath("months.json").read_text(encoding="utf-8")
    months: dict[str, str] = json.loads(text)
    table: dict[str, list[str]] = {}
    for tag, words in months.items():
        for word in words.split("|"):
            table.setdefault(word, []).append(tag)
    return table


def languages_of(
    unread: Collection[Iterable[str]], others: Iterable[Iterable[str]]
) -> tuple[str, ...]:
    """The languages that have a month among the words of most unread lines, of which each gives
    several; of these the ones with the most different months, in the most of all lines; those tied.
    """
    found = Counter(pair for words in unread for pair in _months_in(words))
    lines = _by_language(found)
    known = {tag for tag, count in lines.items() if count >= _MOST * len(unread)}
    if not known:
        return ()
    found.update(pair for words in others for pair in _months_in(words) if pair[0] in known)
    lines, kinds = _by_language(found), Counter(tag for tag, _ in found)
    ranks = {tag: (kinds[tag], lines[tag]) for tag in known}
    best = max(ranks.values(), default=None)
    return tuple(sorted(tag for tag in known if ranks[tag] == best))[:_TIED]


def _by_language(found: Counter[tuple[str, str]]) -> Counter[str]:
    lines = Counter[str]()
    for (tag, _), count in found.items():
        lines[tag] += count
    return lines


def _months_in(words: Iterable[str]) -> Iterable[tuple[str, str]]:
    """The languages in which one of these words is a month, with an ending or a preposition, each
    once and with that word."""
    table, months = _languages_by_month(), dict[str, str]()
    for word in map(plain, words):
        bare = word[1:] if word[:1] in _PREPOSITIONS else word
        endless = [word[:-letters] for letters in (1, 2, 3)] if len(word) > _ENDINGS else []
        found = next((table[each] for each in (word, bare, *endless) if each in table), ())
        for tag in found:
            months.setdefault(tag, word)
    return months.items()


def _spelt(languages: tuple[str, ...]) -> tuple[tuple[str, int], ...]:
    """The months of these languages as they are written, the longest first."""
    found = {
        name.rstrip("."): month
        for locale in map(_locale, languages)
        if locale
        for name, month in _forms(locale.months)
        if len(name) > 1 and not any(sign.isdigit() for sign in name)
    }
    return tuple(sorted(found.items(), key=lambda each: (-len(each[0]), each[0])))


def month_of(word: str, names: Names) -> tuple[int, int] | None:
    """The month that a word names, and where in it the name begins: a name may be glued to what
    stands before it ("NoticeAug") or have a preposition for its first letter (Hebrew)."""
    month = names.months.get(plain(word))
    if month is not None:
        return month, 0
    glued = _GLUED.search(word)
    for start in (glued.start() + 1 if glued else 0, 1 if word[:1] in _PREPOSITIONS else 0):
        month = names.months.get(plain(word[start:].lstrip(_MAQAF))) if start else None
        if month is not None:
            return month, start
    return None


def _locale(tag: str) -> Locale | None:
    try:
        return Locale.parse(tag.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return None


def months_of(locale: Locale) -> dict[str, int]:
    """The months of a language, by their plain names and their first three letters."""
    words: dict[str, set[int]] = {}
    for name, month in _forms(locale.months):
        words.setdefault(plain(name), set()).add(month)
        words.setdefault(plain(name)[:3], set()).add(month)
    for name, month in _MORE_MONTHS.get(locale.language, {}).items():
        words.setdefault(plain(name), set()).add(month)
    return {
        word: next(iter(months))
        for word, months in words.items()
        if len(months) == 1 and _is_word(word)
    }


def _weekdays(locale: Locale) -> Iterable[str]:
    for name, _ in _forms(locale.days):
        word = plain(name)
        yield from (word, word.removesuffix("-feira"))
        if len(word) > 4 and word.isascii():
            yield word[:3]


def _forms(
    contexts: Mapping[str, Mapping[str, Mapping[int, str]]],
) -> Iterable[tuple[str, int]]:
    for widths in contexts.values():
        for width in _WIDTHS:
            for number, name in widths.get(width, {}).items():
                yield name, number


def _is_word(word: str) -> bool:
    least = 3 if word[:1] < "\u0e00" else 2  # in Thai two letters stand for a month
    return len(word) >= least and not any(character.isdigit() for character in word)


# --- Whether a file is in English, whose numeric dates come in both orders ------------------------

# The commonest short words; one that is also common elsewhere ("a", "in", "do") decides nothing.
_ENGLISH_WORDS = "the of and to for with from by at that this was are will"
_OTHER_WORDS = (
    "de la el los las en por para con del una que se su y e o da dos das em na ao um uma os "
    "le les des du et est une dans pour sur au aux der die das und den mit von zu ein eine im "
    "ist auf di il della che gli dei nel per het een van voor w z nie jest się"
)
_ENGLISH: Final = frozenset(_ENGLISH_WORDS.split())
_OTHERS: Final = frozenset(_OTHER_WORDS.split())
_ANY_WORD = re.compile(r"[^\W\d_]+")
_LINES_LOOKED_AT: Final = 400
_CHARACTERS_LOOKED_AT: Final = 400
_ENOUGH_WORDS: Final = 10


def is_english(lines: Iterable[str], language: str | None) -> bool:
    """True if `language` (a tag such as "en" or "es-CR") says so or, without one, the words do.

    Too little text counts as English, because then nothing speaks for the other reading.
    """
    if language:
        return language.casefold().replace("_", "-").split("-")[0] in ("en", "eng")
    ours = theirs = latin = letters = 0
    for line in islice(lines, _LINES_LOOKED_AT):
        looked_at = line[:_CHARACTERS_LOOKED_AT].casefold()
        words = _ANY_WORD.findall(looked_at)
        ours += sum(map(_ENGLISH.__contains__, words))
        theirs += sum(map(_OTHERS.__contains__, words))
        signs = sum(map(len, words))
        letters += signs
        latin += (
            signs
            if looked_at.isascii()
            else sum([len(word) for word in words if word[0] < "\u0250"])
        )
    if letters >= _ENOUGH_WORDS and latin < letters / 2:
        return False
    return theirs < _ENOUGH_WORDS or theirs < 3 * ours


# --- Marks of time that name no day, such as “4 hours ago”, “3 May”, a clock ----------------------

_DIGIT = re.compile(r"\d")
_SHORT_ROW: Final = 70  # characters: in a longer one a mark of time has to come first
_WEAK_HEAD: Final = 48

_LETTER = rf"(?:[^\W\d_]|[{MARKS}])"
_UNIT = rf"{_LETTER}{{1,16}}\.?"
_ONE = (
    "an?|one|two|three|una?|uno|eine[rmn]?|une?|um|uma|e[nt]|ett|een|ein|o|két|egy|één|một|ένα[ν]?"
    "|μία"
    "|μια|два|две|три|один|одну|одна|jed[eaun]n?[aueo]?"
)
_SOME = (
    r"(?:about|over|almost|unos|unas|cerca de|environ|etwa|rund|circa|ongeveer|około|yaklaşık)\s"
)
_COUNT = rf"(?:{_SOME})?(?:\d{{1,3}}|{_ONE})"
# By CLDR, in the order of its languages: what stands behind the time, or in front of it.
_BEHIND = (
    "ago|geleden|gelede|fa|atrás|temu|tymu|назад|таму|тому(?: назад)?|siden|sedan|sitten|síðan"
    "|önce|öncə"
    "|oldin|бұрын|мурун|элек|өмнө|пеш|πριν|trước|(?:yang )?lalu|nakalipas|ezelőtt|napja|órája"
    "|perce|hete"
    "|hónapja|tagasi|eest|parë|shin|yn ôl|առաջ|წინ|قبل|پیش|پہلے|पहले|पूर्व|पूर्वी|अघि"
    "|পূর্বে|আগে"
    "|ਪਹਿਲਾਂ|પહેલાં|ପୂର୍ବେ|முன்பு|முன்|క్రితం|ಹಿಂದೆ|മുമ്പ്|පෙර|በፊት"
)
_AHEAD = (
    "hace|il y a|há|hai|acum|duela|pred|před|prije|pre|пре|пред|преди|преди|prieš|pirms|fyrir"
    "|antaŭ|kabla ya"
    "|πριν(?: από)?|לפני|قبل|منذ|cách đây|viru[nm]?"
)
_AGO = (
    re.compile(rf"\b{_COUNT}\s?{_UNIT}(?:\s{_UNIT})?\s?(?:{_BEHIND})(?!{_LETTER})", re.IGNORECASE),
    re.compile(rf"(?<![^\W_])(?:{_AHEAD})\s{_COUNT}\s{_UNIT}", re.IGNORECASE),
    re.compile(
        rf"\bför\s{_COUNT}\s{_UNIT}\ssedan\b|\bfor\s{_COUNT}\s{_UNIT}\ssiden\b", re.IGNORECASE
    ),
    re.compile(
        rf"\bvor\s{_COUNT}\s(?:Sekunde|Minute|Min|Stunde|Std|Tag|Woche|Monat|Jahr)(?:e?n)?\b\.?"
        rf"|\bfa\s{_COUNT}\s(?:minut|hor|di|setman|mes|any)(?:a|es|s|os)?\b",
        re.IGNORECASE,
    ),
    re.compile(
        r"\d{1,3}\s?(?:秒|分|分钟|分鐘|時間|小时|小時|日|天|周|週|週間|か月|ヶ月|カ月|个月|個月|年)之?前"
        r"|\d{1,3}\s?(?:초|분|시간|일|주|개월|달|년)\s?전"
        r"|\d{1,3}\s?(?:วินาที|นาที|ชั่วโมง|ชม\.|วัน|สัปดาห์|เดือน|ปี)\s?(?:ที่แล้ว|ที่ผ่านมา|ก่อน)"
        r"|\d{1,3}\s?(?:ນາທີ|ຊົ່ວໂມງ|ມື້|ອາທິດ|ເດືອນ)ກ່ອນ|\d{1,3}\s?(?:នាទី|ម៉ោង|ថ្ងៃ|សប្ដាហ៍"
        r"|ខែ)\u200b*មុន"
    ),
)  # fmt: skip
# Only where nothing else stands: one unit without its number ("tydzień temu", "před týdnem"), two.
_AGO_ALONE = re.compile(
    rf"(?:{_UNIT}\s(?:temu|назад|тому|sitten|πριν|tagasi|önce|trước|پیش|قبل|पहले)"
    rf"|(?:před|pred|prije|pre|пре|пред|преди|לפני|قبل|منذ|prieš|pirms|acum)\s{_UNIT})",
    re.IGNORECASE,
)
_DAY_WORDS = (
    "today|yesterday|just now|hoy|ayer|anteayer|heute|gestern|vorgestern|oggi|ieri|hoje|ontem|hier"
    "|aujourd['’]hui|vandaag|gisteren|wczoraj|dzisiaj|dziś|сегодня|вчера|сьогодні|вчора|днес|јуче"
    "|данас"
    "|bugün|dün|igår|idag|i går|i dag|i gær|dnes|včera|danes|včeraj|danas|jučer|juče|azi|tegnap"
    "|eilen"
    "|tänään|eile|täna|vakar|šiandien|šodien|atzo|gaur|avui|ahir|onte|hoxe|kemarin|hari ini|jana"
    "|leo"
    "|kahapon|σήμερα|χθες|χτες|今日|昨日|今天|昨天|前天|어제|오늘|hôm qua|hôm nay|เมื่อวาน(?:นี้)?|วันนี้"
    "|कल|आज"
    "|গতকাল|আজ|أمس|اليوم|امروز|دیروز|אתמול|היום"
)
_CLOCK_TIME = r"\d{1,2}[:.h]\d{2}(?:\s?[ap]\.?m\.?)?"
_NEAR_DAY = re.compile(
    rf"(?<![^\W_])(?:{_DAY_WORDS})(?:\s?,?\s?(?P<clock>(?:(?:at|um|a las|à|às|alle|om|o|в"
    rf"|kl\.?)\s)?"
    rf"{_CLOCK_TIME})|(?=\s*(?:$|[|,·•–—-])))",
    re.IGNORECASE,
)
_DAY_MONTH = re.compile(
    rf"(?<![\d./-])\d{{1,2}}[./]\d{{1,2}}\.?(?:[/ ,–-]{{1,3}}{_CLOCK_TIME}|\s?(?=$|\|)"
    rf"|\s(?P<weekday>[^\W\d_]{{2,10}})\.?(?=\d|\s|$|,)(?:\s?{_CLOCK_TIME})?)"
    rf"|(?<!\d)\d{{1,2}}\s?[月월]\s?\d{{1,2}}\s?[日일](?:\s?\([^\W\d_]\))?(?:\s?{_CLOCK_TIME})?"
)
_WORD = rf"{_LETTER}{{3,24}}"
_ORDINAL = r"(?:st|nd|rd|th|er|[.ºª°])?"
_DAY_NAMED = re.compile(
    rf"(?:(?<!\d)(?P<day>\d{{1,2}}){_ORDINAL}(?:\sde\s|[-. ]\s?)(?P<month>{_WORD})\.?"
    rf"|(?P<month2>{_WORD})\.?\s(?P<day2>\d{{1,2}}){_ORDINAL})(?![\w])",
    re.IGNORECASE,
)
_CLOCK_ALONE = re.compile(rf"{_CLOCK_TIME}(?=\s*(?:$|[|·•]))")
_CLOCK_FIRST = re.compile(
    r"\d{1,2}:\d{2}(?:\s?[ap]\.?m\.?)?(?:\s?[-–—]\s?\d{1,2}:\d{2}(?:\s?[ap]\.?m\.?)?)?(?=\s)",
    re.IGNORECASE,
)
# The others need a number.
_WITHOUT_DIGITS: Final = (*_AGO[:4], _NEAR_DAY)
_VAGUE: Final = (*_AGO, _NEAR_DAY, _DAY_MONTH, _DAY_NAMED, _CLOCK_ALONE)
_NUMBERED: Final = (_DAY_MONTH, _DAY_NAMED, _CLOCK_ALONE)
# One of these words is in each mark of the first kinds. In small letters of Latin, where they have
# no other form, the words are found in a fifth of the time that the marks take.
_LATIN = re.compile("[\0-\u024f]*")
_TWO_FORMED: Final = "\u0130\u0131\u017f\u00b5"
_TIME_WORD = re.compile(
    rf"(?:{_BEHIND})(?!{_LETTER})|(?<![^\W_])(?:(?:{_AHEAD}|f[oö]r|vor|fa)\s|(?:{_DAY_WORDS}))"
)
_IN_TIME_WORDS: Final = tuple(
    part
    for word in (
        *f"{_BEHIND}|{_DAY_WORDS}".split("|"),
        *(f"{each} " for each in (*_AHEAD.split("|"), "for", "för", "vor")),
    )
    if _LATIN.fullmatch(part := max(re.split(r"\(\?:.*?\)\??|\[.*?\]\??", word), key=len))
)
_APART: Final = tuple("|,·•:;(/–—-")


def find_vague(text: str, names: Names) -> tuple[tuple[int, int], ...]:
    """Where such a mark stands in `text` (one collapsed line), the first of a kind."""
    if clock := _CLOCK_FIRST.match(text):
        return (clock.span(),)
    head = text if len(text) <= _SHORT_ROW else text[:_WEAK_HEAD]
    numbered = _DIGIT.search(head) is not None
    forms: Sequence[re.Pattern[str]]
    if _may_be_worded(head):
        if _AGO_ALONE.fullmatch(head):
            return ((0, len(head)),)
        forms = _VAGUE if numbered else _WITHOUT_DIGITS
    else:
        forms = _NUMBERED if numbered else ()
    for form in forms:
        for match in form.finditer(head):
            before = text[: match.start()].strip()
            first = not any(sign.isalnum() for sign in before)
            if not first and (form is _CLOCK_ALONE or len(text) > _SHORT_ROW):
                continue
            if _is_meant(form, match, names) and (first or _is_apart(form, match, before)):
                return ((match.start(), match.end()),)
    return ()


def _may_be_worded(text: str) -> bool:
    """False for a text without any word that tells of a time."""
    small = text.lower()
    if not text.isascii() and (not _LATIN.fullmatch(small) or any(s in text for s in _TWO_FORMED)):
        return True
    return any(map(small.__contains__, _IN_TIME_WORDS)) and _TIME_WORD.search(small) is not None


def months_named(text: str) -> tuple[str, ...]:
    """The words beside a day's number in `text`, of which one may be a month."""
    head = text[:_WEAK_HEAD]
    if not _DIGIT.search(head):
        return ()
    return tuple(match["month"] or match["month2"] for match in _DAY_NAMED.finditer(head))


def _is_meant(form: re.Pattern[str], match: re.Match[str], names: Names) -> bool:
    """True unless a word in it would have to be a month or a weekday, and is none."""
    if form is _DAY_NAMED:
        day, month = match["day"] or match["day2"], match["month"] or match["month2"]
        return plain(month) in names.months and 1 <= int(day) <= 31
    weekday = match.groupdict().get("weekday")
    return not weekday or plain(weekday) in names.weekdays


def _is_apart(form: re.Pattern[str], match: re.Match[str], before: str) -> bool:
    """False for a day's word that only ends a sentence ("What the council does today")."""
    if form is not _NEAR_DAY or match["clock"]:
        return True
    return before.endswith(_APART) or is_what_a_date_is(before)


# --- What looks like a date and is none that is known ---------------------------------------------

_PART = re.compile(r"\s[|·•–—-]\s|[()\[\]]|:\s")
_NUMBER = re.compile(r"(?<![M#\d])\d+")  # and not that of a month without a name
_FOUR_DIGITS = re.compile(r"\d{4}")
_RUN = re.compile(rf"\d+|{_LETTER}+")
_LONGEST_UNKNOWN: Final = 48
_MOST_WORDS: Final = 9


def find_unknown(text: str) -> tuple[int, int] | None:
    """Where in `text`, at its start or its end or alone, a day and a year stand with a few words
    that may be a month."""
    if not _FOUR_DIGITS.search(text):
        return None
    for start, end in _parts(text):
        part = text[start:end]
        numbers = _NUMBER.findall(part)
        if len(part.split()) > _MOST_WORDS or len(numbers) != 2 or not any(map(str.isalpha, part)):
            continue
        day, year = sorted(numbers, key=len)
        if len(day) <= 2 and len(year) == 4 and 1 <= int(day) <= 31 and 1800 <= int(year) < 2700:
            return start, end
    return None


def find_alike(text: str, forms: Collection[str]) -> tuple[int, int] | None:
    """Where in `text`, at its start or its end or alone, something stands that has the form of
    dates: a slip of one of them ("19 November 20241")."""
    if not forms or not _DIGIT.search(text):
        return None
    for start, end in _parts(text):
        form = form_of(text[start:end])
        if form in forms and form.count("0") > 1:
            return start, end
    return None


def _parts(text: str) -> Iterator[tuple[int, int]]:
    """The first and the last parts of a text that bars, brackets, dashes or a colon set apart."""
    bounds = [0, *(place for match in _PART.finditer(text) for place in match.span()), len(text)]
    parts = list(zip(bounds[::2], bounds[1::2], strict=True))
    yield from (
        (start, end) for start, end in (parts[0], *parts[-2:]) if end - start <= _LONGEST_UNKNOWN
    )


def looks_like_days(told: Collection[str]) -> bool:
    """True if such parts of many lines are days: one is beyond the twelfth, and either the words
    are not the same everywhere or they stand between day and year."""
    days = [min((int(n) for n in _NUMBER.findall(part) if len(n) <= 2), default=0) for part in told]
    words = {_NUMBER.sub("", part).strip() for part in told}
    return max(days) > 12 and (len(words) > 1 or all(part[:1].isdigit() for part in told))


def form_of(text: str) -> str:
    """A date without its letters and figures: "0. a 0" of "3. May 2021"."""
    return _RUN.sub(lambda run: "0" if run[0][0].isdigit() else "a", text)
