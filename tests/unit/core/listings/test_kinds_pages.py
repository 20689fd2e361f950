"""What stands around entries, marks of neighbouring lines, tables in text, unspaced scripts."""

from __future__ import annotations

from tests.unit.core.listings.kinds import (
    Case,
    Entry,
    days,
    each_is_right_or_held,
    listing,
    stories,
    written,
)

# --- Boilerplate of pages -------------------------------------------------------------------------

TOPS = {
    "en": "Skip to content\nMenu\nHome\nNews\nAbout us\n\nLatest news\n\n",
    "es": "Ir al contenido\nInicio\nNoticias\nAgenda\nContacto\n\n",
    "de": "Zum Inhalt springen\n\n  * Startseite\n  * Aktuelles\n  * Verein\n  * Kontakt\n\n",
    "fr": "Aller au contenu\n[Accueil](/) [Actualités](/a) [Contact](/c)\n\nActualités\n\n",
    "ja": "メニュー\nホーム\nお知らせ\n\n",
    "pl": "Przejdź do treści\nStrona główna > Aktualności\n\nAktualności\n\n",
}
BOTTOMS = {
    "en": "\nShare this page\nContact us\nPrivacy\nTerms of use\n",
    "es": "\nCompartir\nAviso legal\nPolítica de privacidad\n© Ayuntamiento\n",
    "de": "\nNach oben\n\nImpressum | Datenschutz | Barrierefreiheit\n",
    "fr": "\nPartager cette page\nMentions légales\nNous suivre\nFacebook\nTwitter\n",
    "ja": "\nページの先頭へ\nサイトマップ\n個人情報保護方針\n",
    "pl": "\nPoleć stronę\nPolityka prywatności\nDeklaracja dostępności\n",
}
BOILERPLATE = [
    listing(
        f"navigation above and a footer below {where} in {language} are no news",
        language,
        form,
        top=TOPS[language],
        bottom=BOTTOMS[language],
        day="long",
        count=count,
    )
    for language in TOPS
    for where, form, count in (
        ("dated entries", "{day}\n{title}\n{text}\n\n", 3),
        ("titles with dates below", "{title}\n{day}\n{text}\n\n", 8),
        ("titles with dates in brackets", "{title} ({day})\n{text}\n\n", 6),
    )
]
BOILERPLATE += [
    listing(
        "cookies and a newsletter around entries are no news",
        "en",
        "## {title}\n\n{day}\n\n{text}\n\n",
        top="We use cookies\nAccept all\nReject\n\n# Newsroom\n\n",
        bottom="## Subscribe to our newsletter\n\nYour e-mail address\nSubscribe\n",
    ),
    listing(
        "a sidebar of undated links below entries is no news",
        "de",
        "{day}\n{title}\n{text}\n\n",
        bottom="Meistgelesen\n\n1. Parken in der Altstadt\n2. Wochenmarkt\n3. Fundbüro\n",
    ),
    listing(
        "a search form above entries is no news",
        "es",
        "{title}\n{text}\n{day}\n\n",
        top="Buscar\nDesde\nHasta\nTema: Todos\nAplicar filtros\n8 resultados\n\n",
    ),
]

# --- Marks of neighbouring lines ------------------------------------------------------------------

QUOTED = [
    listing("lines of a quoted mail lose their marks", "en", "> {day}\n> {title}\n> {text}\n>\n"),
    listing(
        "lines of a mail quoted twice lose their marks",
        "de",
        "> > {title}\n> > {day}\n> > {text}\n> >\n",
    ),
    listing(
        "marks of a quoted mail without a blank are no part of titles",
        "es",
        ">{day}\n>{title}\n>{text}\n>\n",
    ),
    listing(
        "quoted titles in one line with their dates lose their marks",
        "fr",
        "> {day} : {title}\n",
        summary="",
    ),
]
LABELLED = [
    listing(
        "labels of fields in English are no part of titles",
        "en",
        "Title: {title}\nDate: {day}\nSummary: {text}\n\n",
    ),
    listing(
        "labels of fields in German are no part of titles",
        "de",
        "Titel: {title}\nDatum: {day}\nText: {text}\n\n",
    ),
    listing(
        "labels of fields in Spanish are no part of titles",
        "es",
        "Fecha: {day}\nTítulo: {title}\nResumen: {text}\n\n",
    ),
    listing(
        "bold labels of fields are no part of titles",
        "en",
        "**Title:** {title}\n**Published:** {day}\n**Abstract:** {text}\n\n",
    ),
    listing(
        "labels of fields in capitals are no part of titles",
        "pt",
        "DATA: {day}\nTÍTULO: {title}\nRESUMO: {text}\n\n",
    ),
    listing(
        "labels above their fields are no titles",
        "fr",
        "Titre\n{title}\nDate\n{day}\nRésumé\n{text}\n\n",
    ),
]
TABBED = [
    listing(
        "tabs part a date, a title and a text", "en", "{day}\t{title}\t{text}\n", day="y-MM-dd"
    ),
    listing(
        "tabs part a title and a date below a head",
        "de",
        "{title}\t{day}\n",
        day="dd.MM.y",
        top="Titel\tDatum\n",
        summary="",
    ),
    listing(
        "tabs part a number, a date, a title and a kind",
        "es",
        "{number}\t{day}\t{title}\t{kind}\n",
        day="dd/MM/y",
        kind=("Acta", "Bando", "Acta"),
        summary="",
    ),
    listing(
        "runs of blanks part a date and a title",
        "fr",
        "{day}      {title}\n",
        day="dd/MM/y",
        summary="",
    ),
]

# --- Scripts without spaces -----------------------------------------------------------------------

UNSPACED = [
    listing(f"{language} {where}", language, form, day=day)
    for language, day in (
        ("ja", "y年M月d日"),
        ("zh", "y年M月d日"),
        ("zh", "y-MM-dd"),
        ("ja", "y.MM.dd"),
        ("ko", "y년 M월 d일"),
        ("th", "d MMMM y"),
    )
    for where, form in (
        (f"titles below their dates, {day}", "{day}\n{title}\n{text}\n\n"),
        (f"titles above their dates, {day}", "{title}\n{day}\n\n{text}\n\n"),
        (f"titles with dates in brackets, {day}", "{title} ({day})\n{text}\n\n"),
        (f"titles in blocks with dates last, {day}", "{title}\n{text}\n{day}\n\n"),
    )
]
UNSPACED += [
    listing(
        "Japanese rubrics beside dates are no titles",
        "ja",
        "{day} {rubric}\n{title}\n{text}\n\n",
        day="y年M月d日",
        rubric=("お知らせ", "行事", "お知らせ", "募集"),
    ),
    listing(
        "Chinese rubrics in brackets are no part of titles",
        "zh",
        "{day}\n[{rubric}] {title}\n{text}\n\n",
        day="y-MM-dd",
        rubric=("通知", "活动", "通知"),
    ),
    listing(
        "Japanese titles in one line behind dates",
        "ja",
        "{day}　{title}\n",
        day="y年M月d日",
        summary="",
    ),
    listing(
        "Chinese titles in one line in front of dates",
        "zh",
        "{title} {day}\n",
        day="y-MM-dd",
        summary="",
    ),
    listing("Chinese titles behind bullets", "zh", "• {title}\t{day}\n", day="y-MM-dd", summary=""),
    listing("Hindi titles below their dates", "hi", "{day}\n{title}\n{text}\n\n"),
    listing("Hindi titles above their dates", "hi", "{title}\n{day}\n{text}\n\n"),
    listing("Arabic titles below their dates", "ar", "{day}\n{title}\n{text}\n\n"),
    listing("Vietnamese titles above their dates", "vi", "{title}\n{day}\n{text}\n\n", day="long"),
    listing("Greek titles with dates in brackets", "el", "{title} ({day})\n{text}\n\n"),
]

# --- Years typed wrong ----------------------------------------------------------------------------


def _slip(sentence: str, form: str, year: int) -> Case:
    told = list(zip(stories("en"), days(8), strict=False))
    write = written("d MMMM y", "en")
    parts, entries = [], []
    for number, ((title, text), when) in enumerate(told):
        day = when.replace(year=year) if number == 3 and year < 9999 else when
        said = write(day) if number != 3 or year < 9999 else f"{when:%d %B} 20241"
        parts.append(form.format(day=said, title=title, text=text))
        if number != 3 or 1800 <= year <= 2200:
            entries.append(Entry(title, day, text))
    return Case(sentence, "".join(parts), tuple(entries))


SLIPS = [
    _slip("a year far ahead stays as it is written", "{day}\n{title}\n{text}\n\n", 2062),
    _slip("a year of five figures is left out with its line", "{day}\n{title}\n{text}\n\n", 9999),
    _slip("a year of five figures below its title is left out", "{title}\n{day}\n{text}\n\n", 9999),
    _slip("a year long ago is left out with its line", "{title}\n{day}\n{text}\n\n", 1024),
]

test_each_is_read_right_or_held = each_is_right_or_held(
    BOILERPLATE, QUOTED, LABELLED, TABBED, UNSPACED, SLIPS
)
