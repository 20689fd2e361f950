"""The term syntax: one line of a rule, as an administrator writes it.

    migrant              a word, in any case, with or without accents, singular or plural
    fair recruitment     several words: a phrase, which never reaches from title to summary
    migra*               words that begin so; in a phrase the last word may end in *
    title:hub            only in the title; summary: likewise
    =RCM                 exactly so: upper and lower case, accents and ending as written

The field comes first: `title:=RCM`. All other punctuation only separates words, so `COVID-19` is a
phrase, and so is `COVID: update`, since a colon counts as a field only after a name that is ours
or nearly ours (`titel:`). Distances (`fair ~8 work`) are not known yet and refused by name.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Final

from tidings.core.topics.folding import Word, words_of
from tidings.model import Field, Term

_FIELDS: Final[dict[str, Field]] = {"title": "title", "summary": "summary"}

# What looks like a term but is a setting of the topic, or of a later version.
_NOT_FIELDS: Final = frozenset({"source", "after", "before", "pin", "ban", "re"})

_NAMED = re.compile(r"(?P<name>[A-Za-z]+):\s*(?P<rest>.*)\Z", re.DOTALL)
_DISTANCE = re.compile(r"(?:^|\s)~\s*\d+(?=\s|\Z)")


def parse_term(source: str) -> Term:
    """Read one term of a rule.

    Raises ValueError, with a message that says what to write instead, if the term is empty or only
    punctuation, has a `*` anywhere but at its end, or uses a field or an operator we don't know.
    """
    source = source.strip()
    field, body = _field(source)
    exact = body.startswith("=")
    if exact:
        body = body[1:].strip()
        if _named_field(body):
            raise ValueError(f"`{source}`: the field comes first, as in `title:=RCM`")
    if found := _DISTANCE.search(body):
        raise ValueError(
            f"`{source}`: distances such as `{found.group().strip()}` are not supported yet; "
            "write the phrase as it stands in the text, or several terms under `all`"
        )
    prefix = body.endswith("*")
    body = body.removesuffix("*")
    if "*" in body:
        raise ValueError(f"`{source}`: `*` can stand only at the end of the last word")
    if prefix and exact:
        raise ValueError(f"`{source}`: `=` means exactly this form, so `*` cannot follow; drop one")
    words = words_of(body)
    _check_words(source, body, words, field=field, exact=exact, prefix=prefix)
    return Term(
        source=source,
        words=_compared(words, exact=exact, prefix=prefix),
        field=field,
        exact=exact,
        prefix=prefix,
    )


def _compared(words: list[Word], *, exact: bool, prefix: bool) -> tuple[str, ...]:
    """The side of each word that is compared with the text; see `Word`."""
    if exact:
        return tuple(word.form for word in words)
    last = words[-1].plain if prefix else words[-1].key
    return (*(word.key for word in words[:-1]), last)


def _field(source: str) -> tuple[Field | None, str]:
    """Split off `title:` or `summary:`; refuse what was probably meant to be one of them."""
    named = _NAMED.match(source)
    if named is None:
        return None, source
    name = named["name"].lower()
    if name in _FIELDS:
        return _FIELDS[name], named["rest"]
    if name in _NOT_FIELDS:
        raise ValueError(
            f"`{source}`: `{name}:` cannot narrow a term; only `title:` and `summary:` can"
        )
    if close := get_close_matches(name, _FIELDS, n=1, cutoff=0.75):
        raise ValueError(
            f"`{source}`: unknown field `{named['name']}:`, did you mean `{close[0]}:`? "
            "If it is part of the text, leave the colon out"
        )
    return None, source


def _named_field(body: str) -> bool:
    named = _NAMED.match(body)
    return named is not None and named["name"].lower() in _FIELDS


def _check_words(
    source: str,
    body: str,
    words: list[Word],
    *,
    field: Field | None,
    exact: bool,
    prefix: bool,
) -> None:
    """Refuse a term that holds no word, and a `*` that hangs in the air."""
    if not words:
        if not source:
            raise ValueError("a term is empty; write a word or a phrase, or remove the line")
        if body.strip():
            raise ValueError(f"`{source}` is only punctuation; a term needs a letter or a digit")
        sign = "=" if exact else "*" if prefix else f"{field}:"
        raise ValueError(f"`{source}`: nothing stands beside `{sign}`; write a word there")
    if prefix and words[-1].end != len(body):
        raise ValueError(f"`{source}`: `*` must touch the last word, as in `migra*`")
