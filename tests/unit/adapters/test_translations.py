"""Catalogues: whole as they are shipped, and dropped in by an instance."""

from __future__ import annotations

import re
from pathlib import Path
from zoneinfo import ZoneInfo

import jinja2
import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from tests.unit.adapters.test_templates import site
from tidings.adapters.templates import Templates
from tidings.errors import TemplateError
from tools import messages

ZONE = ZoneInfo("Europe/Lisbon")
HEAD = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n'
OURS = tuple(messages.languages())
PLURAL = "{% trans n=n %}{{ n }} item{% pluralize %}{{ n }} items{% endtrans %}"


def with_files(folder: Path, **files: str) -> Path:
    """A templates folder; `locale__de` is locale/de.po, `a` is a.txt.j2."""
    for name, text in files.items():
        place = name.replace("__", "/") + (".po" if name.startswith("locale") else ".txt.j2")
        file = folder / place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return folder


def said(folder: Path, language: str, **context: object) -> str:
    return Templates(folder, "en", ZONE).render("a.txt.j2", context, language)


def shipped(language: str) -> Catalog:
    with messages.languages()[language].open("rb") as file:
        return read_po(file, abort_invalid=True)


def strings(message: Message) -> list[str]:
    string = message.string or ""
    return [string] if isinstance(string, str) else list(string)


# --- As they are shipped -----------------------------------------------------------------------


@pytest.mark.parametrize("language", OURS)
def test_a_shipped_catalogue_says_everything_and_nothing_else(language: str) -> None:
    file = messages.languages()[language]
    known = shipped(language)
    left = [
        message.id
        for message in known
        if message.id and (message.fuzzy or not all(strings(message)))
    ]
    assert left == []
    # `make messages` would change nothing: no message is missing, none is left over.
    assert messages.updated(language, known, messages.said()) == file.read_bytes()


def test_no_word_of_a_template_is_left_out_of_the_catalogues() -> None:
    environment = jinja2.Environment(
        extensions=["jinja2.ext.i18n"], trim_blocks=True, lstrip_blocks=True
    )
    names = re.compile(r"\b(?:Atom|RSS|JSON Feed)\b|&\w+;")
    left = set()
    for file in sorted(messages.TEMPLATES.rglob("*.html.j2")):
        if file.parent.name == "preview":  # speaks English, as all verbs do
            continue
        source = re.sub(r"{% block (kind|follow_link) %}.*?{% endblock %}", "", file.read_text())
        tree = environment.parse(source)
        said = "".join(
            each.data if isinstance(each, jinja2.nodes.TemplateData) else "\0"
            for output in tree.find_all(jinja2.nodes.Output)
            for each in output.nodes
        )
        text = re.sub(r"(?s)<style>.*?</style>|<!--.*?-->", "", said)
        told = re.findall(r'(?:aria-label|title|alt)="([^"]*)"', text)
        for line in (*told, *re.sub(r"(?s)<[^>]*>", "\n", text).splitlines()):
            if re.search(r"[A-Za-z]{2}", names.sub("", line)):
                left.add((file.name, line.strip()))
    assert left == set()


def test_the_list_of_messages_to_translate_is_up_to_date() -> None:
    assert (messages.LOCALE / "tidings.pot").read_bytes() == messages.written(messages.said())


@pytest.mark.parametrize("language", OURS)
def test_a_translation_fills_in_what_the_english_does(language: str) -> None:
    catalog = shipped(language)
    holes = re.compile(r"%\(\w+\)s|\{\w+\}|<\w+|</\w+>")
    for message in catalog:
        if message.id:
            ids = [message.id] if isinstance(message.id, str) else list(message.id)
            wanted = set(holes.findall(" ".join(ids)))
            assert all(set(holes.findall(told)) == wanted for told in strings(message)), ids


def test_french_keeps_its_signs_on_the_line_and_spanish_opens_its_questions() -> None:
    for message in shipped("fr"):
        told = re.sub("<[^>]*>", "", " ".join(strings(message)))
        if message.id:
            assert not re.search(r"[^\u202f][;?!]|[\w)] [:;?!»]|« ", re.sub("<[^>]*>", "", told)), (
                told
            )
    for message in shipped("es"):
        told = re.sub("<[^>]*>", "", " ".join(strings(message)))
        if message.id:
            assert told.count("?") == told.count("¿"), told


def test_our_catalogues_have_no_faults(tmp_path: Path) -> None:
    """A check looks at those of an instance: here ours are its own."""
    ours = messages.languages()
    with_files(tmp_path, **{f"locale__{tag}": file.read_text() for tag, file in ours.items()})
    found = Templates(tmp_path, "en", ZONE)
    assert {*ours} <= {*found.languages}
    assert found.check() == ()


@pytest.mark.parametrize("language", ["en", "es", "fr", "es-CR", "ar", "ja", "xx"])
def test_every_page_can_be_made_in_any_language(language: str) -> None:
    templates = Templates(None, language, ZONE)
    for name, page in site():
        made = templates.render(name, {"page": page})
        assert re.search(
            f'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}">', made
        )


def test_no_english_is_left_on_the_pages_of_a_spanish_site() -> None:
    templates = Templates(None, "es", ZONE)
    english = {
        message.id
        for message in messages.said()
        if isinstance(message.id, str) and " " in message.id.strip() and "%" not in message.id
    }
    for name, page in site():
        made = templates.render(name, {"page": page})
        assert [text for text in english if text in made] == []


# --- Plurals, dates ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "0 items|1 item|2 items|5 items"),
        ("es", "0 noticias|1 noticia|2 noticias|5 noticias"),
        ("fr", "0 article|1 article|2 articles|5 articles"),
    ],
)
def test_counts_are_in_the_plural_of_the_language(language: str, told: str, tmp_path: Path) -> None:
    text = '{% import "site/parts.html.j2" as parts %}{{ parts.items(n) }}'
    folder = with_files(tmp_path, a=text)
    assert "|".join(said(folder, language, n=n) for n in (0, 1, 2, 5)) == told


def test_a_language_with_three_plurals_uses_each(tmp_path: Path) -> None:
    polish = (
        'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n'
        '"Plural-Forms: nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 ? 1 : 2);\\n"\n\n'
        'msgid "%(n)s item"\nmsgid_plural "%(n)s items"\n'
        'msgstr[0] "%(n)s wpis"\nmsgstr[1] "%(n)s wpisy"\nmsgstr[2] "%(n)s wpisów"\n'
    )
    folder = with_files(tmp_path, a=PLURAL, locale__pl=polish)
    assert [said(folder, "pl", n=n) for n in (1, 2, 5)] == ["1 wpis", "2 wpisy", "5 wpisów"]


# --- Dropped in ----------------------------------------------------------------------------------

GERMAN = HEAD + '\nmsgid "Topics"\nmsgstr "Themen"\n\nmsgid "Latest"\nmsgstr ""\n'


def test_a_language_is_added_by_dropping_in_a_catalogue(tmp_path: Path) -> None:
    folder = with_files(tmp_path, a='{{ _("Topics") }}, {{ _("Latest") }}', locale__de=GERMAN)
    assert Templates(folder, "en", ZONE).languages == ("en", "de", "es", "fr")
    assert said(folder, "de") == "Themen, Latest"
    assert said(folder, "de-AT") == "Themen, Latest"
    assert said(folder, "fr") == "Thèmes, Nouveautés"


def test_a_catalogue_may_have_its_own_way_with_some_words(tmp_path: Path) -> None:
    own = HEAD + '\nmsgid "Topics"\nmsgstr "Asuntos"\n'
    text = '{{ _("Topics") }}, {{ _("Latest") }}'
    folder = with_files(tmp_path, a=text, locale__es=own, locale__en=own)
    assert said(folder, "es") == "Asuntos, Lo último"
    assert said(folder, "en") == "Asuntos, Latest"


def test_a_catalogue_counts_in_the_fingerprint(tmp_path: Path) -> None:
    before = Templates(tmp_path, "en", ZONE).fingerprint()
    assert Templates(with_files(tmp_path, locale__de=GERMAN), "en", ZONE).fingerprint() != before


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ('\nmsgid "a"\nmsgstr broken\n', 6, ""),
        ('\nmsgid "%(a)s"\nmsgstr "%(b)s"\n', 5, "nothing fills in the placeholder %(b)s"),
        ('\nmsgid "a"\nmsgid_plural "b"\nmsgstr[0] "x"\n', 5, "needs all 2 plural forms"),
        ('\nmsgid "a"\nmsgstr "100 %"\n', 5, "a single %"),
        ('\nmsgid "%(a)s"\nmsgstr "%(a)d"\n', 5, "a single %"),
    ],
)
def test_a_check_names_file_and_line_of_what_is_wrong_in_a_catalogue(
    text: str, line: int, told: str, tmp_path: Path
) -> None:
    folder = with_files(tmp_path / "templates", locale__de=HEAD + text)
    (problem,) = Templates(folder, "en", ZONE).check()
    assert (problem.path, problem.line) == ("templates/locale/de.po", line)
    assert told in problem.message


def test_a_broken_catalogue_names_itself_where_its_language_is_spoken(tmp_path: Path) -> None:
    folder = with_files(tmp_path / "templates", a="a", locale__de="msgid broken")
    assert said(folder, "es") == "a"
    with pytest.raises(TemplateError, match=r"templates/locale/de\.po:1: "):
        said(folder, "de")


def test_a_catalogue_that_is_no_text_says_so(tmp_path: Path) -> None:
    (tmp_path / "locale").mkdir()
    (tmp_path / "locale/de.po").write_bytes(b'msgid "\xff"\nmsgstr "x"\n')
    (problem,) = Templates(tmp_path, "en", ZONE).check()
    assert "UTF-8" in problem.message


def test_texts_are_marked_for_those_who_read_another_language(tmp_path: Path) -> None:
    folder = with_files(tmp_path, a="<p{{ texts_lang }}>")
    assert said(folder, "en") == said(folder, "en-US") == "<p>"
    assert said(folder, "fr") == '<p lang="en">'
    assert said(folder, "ar") == '<p lang="en" dir="ltr">'
