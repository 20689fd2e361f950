"""Brings the catalogues up to date with the templates: `make messages`.

What the templates say is in `src/tidings/locale/tidings.pot`; each language's `tidings.po` keeps
what is translated, gets what is new as an empty entry, and loses what nothing says any more. The
same templates and translations give the same bytes.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

PACKAGE = Path(__file__).parents[1] / "src" / "tidings"
TEMPLATES = PACKAGE / "templates"
LOCALE = PACKAGE / "locale"
OPTIONS = {
    "trimmed": "true",
    "trim_blocks": "true",
    "lstrip_blocks": "true",
    "silent": "false",
}


def said(templates: Path = TEMPLATES) -> Catalog:
    """Everything that the templates say, in the order in which they say it."""
    found = Catalog(charset="utf-8")
    for file in sorted(templates.rglob("*.j2")):
        with file.open("rb") as source:
            texts = extract("jinja2.ext:babel_extract", source, options=OPTIONS)
            for _, message, _, context in texts:
                place = (str(file.relative_to(templates)), 1)
                found.add(message, context=context, locations=[place])
    return found


def updated(language: str, known: Catalog, wanted: Catalog) -> bytes:
    """The catalogue of a language with `wanted` messages, translated as far as they are `known`."""
    made = Catalog(locale=language.replace("-", "_"), charset="utf-8")
    for message in wanted:
        if message.id:
            old = known.get(message.id, message.context)
            string = old.string if old and not old.fuzzy else None
            made.add(
                message.id,
                string,
                locations=message.locations,
                context=message.context,
                flags=message.flags,
            )
    return written(made, f'"Language: {language}\\n"\n"Plural-Forms: {made.plural_forms}\\n"\n')


def written(catalog: Catalog, header: str = "") -> bytes:
    """The file, without what would change from one run to the next."""
    for message in catalog:
        _without_repetition(message)
    body = BytesIO()
    write_po(body, catalog, width=100, omit_header=True, include_lineno=False)
    head = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n' + header
    return f"{head}\n{body.getvalue().decode().strip()}\n".encode()


def languages() -> dict[str, Path]:
    """The catalogues that there are, by language."""
    return {
        folder.name.replace("_", "-"): folder / "LC_MESSAGES" / "tidings.po"
        for folder in sorted(LOCALE.iterdir())
        if folder.is_dir()
    }


def main() -> None:
    """Write the files."""
    wanted = said()
    (LOCALE / "tidings.pot").write_bytes(written(said()))
    for language, file in languages().items():
        with file.open("rb") as source:
            known = read_po(source, abort_invalid=True)
        file.write_bytes(updated(language, known, wanted))


def _without_repetition(message: Message) -> None:
    message.locations = list(dict.fromkeys(message.locations))


if __name__ == "__main__":
    main()
