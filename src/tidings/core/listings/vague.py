"""Marks of time that name no day for good: "4 hours ago", "yesterday, 17:56", "3 May", a clock.

They set entries apart, and never become a date.
"""

from __future__ import annotations

import re
from typing import Final

from tidings.core.listings.cleaning import MARKS
from tidings.core.listings.furniture import is_what_a_date_is
from tidings.core.listings.names import Names, plain

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
_APART: Final = tuple("|,·•:;(/–—-")


def find_vague(text: str, names: Names) -> tuple[tuple[int, int], ...]:
    """Where such a mark stands in `text` (one collapsed line), the first of a kind."""
    if clock := _CLOCK_FIRST.match(text):
        return (clock.span(),)
    head = text if len(text) <= _SHORT_ROW else text[:_WEAK_HEAD]
    if _AGO_ALONE.fullmatch(head):
        return ((0, len(head)),)
    for form in (*_AGO, _NEAR_DAY, _DAY_MONTH, _DAY_NAMED, _CLOCK_ALONE):
        for match in form.finditer(head):
            before = text[: match.start()].strip()
            first = not any(sign.isalnum() for sign in before)
            if not first and (form is _CLOCK_ALONE or len(text) > _SHORT_ROW):
                continue
            if _is_meant(form, match, names) and (first or _is_apart(form, match, before)):
                return ((match.start(), match.end()),)
    return ()


def months_named(text: str) -> tuple[str, ...]:
    """The words beside a day's number in `text`, of which one may be a month."""
    return tuple(
        match["month"] or match["month2"] for match in _DAY_NAMED.finditer(text[:_WEAK_HEAD])
    )


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
