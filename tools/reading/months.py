"""Writes the table of the months of all languages: `python -m tools.reading.months`.

From CLDR, as the installed Babel has it; to be run again when Babel brings another CLDR.
"""

from __future__ import annotations

import json
from pathlib import Path

from babel import Locale
from babel.localedata import locale_identifiers

from tidings.core.listings import languages

TABLE = Path(languages.__file__).with_name("months.json")


def table() -> str:
    """The table as it should stand: a line for each language that has months of its own."""
    tags = sorted(tag for tag in locale_identifiers() if "_" not in tag)
    months = {tag: "|".join(sorted(languages.months_of(Locale.parse(tag)))) for tag in tags}
    told = {tag: words for tag, words in months.items() if words}
    return json.dumps(told, ensure_ascii=False, indent=0, separators=(",", ":")) + "\n"


if __name__ == "__main__":
    TABLE.write_text(table(), encoding="utf-8")
