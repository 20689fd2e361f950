"""Names of fields in front of values, as people type them: "Title: A hub opens".

It stands alone since texts and the tables in them both know such names.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

from tidings.core.listings.fields import field_of, words_of

LABEL = re.compile(
    r"\s*(?:[-*•#>]+\s+)?(?:[*_]{1,2})?(?P<name>[^\W\d_][^:：*_\n]{0,29}?)\s?"
    r"(?:[*_]{1,2}\s?[:：]|[:：][*_]{1,2}|[:：])\s*(?P<value>.*)"
)
TITLES: Final = frozenset(
    words_of(name)
    for name in (
        "title", "headline", "titulo", "titular", "titre", "titel", "titolo", "tytul", "baslik",
        "overskrift", "rubrik", "otsikko", "uberschrift", "heading", "заголовок", "标题", "標題",
        "タイトル", "제목", "العنوان",
    )
)  # fmt: skip


_SUMMARIES: Final = frozenset(
    words_of(name)
    for name in (
        "summary", "abstract", "description", "excerpt", "resumen", "descripcion", "resume",
        "zusammenfassung", "resumo", "riassunto", "samenvatting", "streszczenie", "ozet",
    )
)  # fmt: skip
_FEWEST: Final = 2


def without_names(lines: Sequence[str | None]) -> list[str | None]:
    """The lines of a text without the names of fields before their values, where there are titles
    or several summaries behind such names; None for a line that names a category."""
    found = [LABEL.match(line) if line else None for line in lines]
    names = [words_of(match["name"]) if match else "" for match in found]
    if not TITLES.isdisjoint(names):
        kinds = {name for name in names if field_of(name)}
    else:
        often = Counter(name for name in names if name in _SUMMARIES)
        kinds = {name for name, count in often.items() if count >= _FEWEST}
    kept = list(lines)
    for at, (match, name) in enumerate(zip(found, names, strict=True)):
        if match and name in kinds:
            kept[at] = None if field_of(name) == "category" else match["value"].strip(" *_")
    return kept
