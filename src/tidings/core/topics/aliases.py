"""Spellings that mean the same, shared by all topics: labour and labor, ILO and its full name.

Each list of aliases is a group of words or phrases that stand for one another in every term that
contains one of them. They are applied to the terms, never to the text, so evidence always points at
the words that the text really has. Exact terms (`=RCM`) and a last word with `*` are left alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from tidings.core.topics.terms import parse_term

Words = tuple[str, ...]
Group = frozenset[Words]

# A phrase in which many words have many spellings multiplies; beyond this it is a mistake.
MOST_SPELLINGS = 200


def parse_alias(source: str) -> Words:
    """The folded words of one alias, a word or a phrase.

    Raises ValueError if it is no plain word or phrase: `=`, `*`, `~` and `title:` belong in terms.
    """
    term = parse_term(source)
    if term.exact or term.prefix or term.field or term.near:
        raise ValueError(
            f"alias `{source}`: only plain words; `=`, `*`, `~` and fields belong in terms"
        )
    return term.words


def parse_aliases(lists: Sequence[Sequence[str]]) -> tuple[Group, ...]:
    """Read the alias lists. Lists that share a word are one group.

    Raises ValueError for an alias that is no plain word or phrase, and for a list of one.
    """
    groups: list[Group] = []
    for spellings in lists:
        if len(spellings) < 2:
            raise ValueError(
                f"alias list [{', '.join(spellings)}]: an alias needs at least two spellings"
            )
        group = frozenset(parse_alias(spelling) for spelling in spellings)
        for other in [known for known in groups if known & group]:
            groups.remove(other)
            group |= other
        groups.append(group)
    return tuple(groups)


def spellings(words: Words, groups: Sequence[Group], *, prefix: bool = False) -> tuple[Words, ...]:
    """Every way to write `words` with the aliases, each once, `words` itself first.

    With `prefix` the last word is the beginning of a word and is not replaced. Raises ValueError
    beyond `MOST_SPELLINGS`.
    """
    fixed = words[-1:] if prefix else ()
    ways: list[list[Words]] = [[()]]  # ways[i]: how words[:i] may be written
    replaceable = words[: len(words) - len(fixed)]
    for end in range(1, len(replaceable) + 1):
        found = {way + replaceable[end - 1 : end]: None for way in ways[end - 1]}
        for group in groups:
            for member in group:
                start = end - len(member)
                if start >= 0 and replaceable[start:end] == member:
                    found.update(
                        {way + other: None for way in ways[start] for other in sorted(group)}
                    )
        if len(found) > MOST_SPELLINGS:
            raise ValueError(
                f"the aliases give `{' '.join(words)}` more than {MOST_SPELLINGS} spellings; "
                "shorten the phrase or the alias lists"
            )
        ways.append(list(found))
    return tuple(way + fixed for way in ways[-1])
