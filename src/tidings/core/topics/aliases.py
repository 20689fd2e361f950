"""Spellings that mean the same, shared by all topics: labour and labor, ILO and its full name.

Each list of aliases is a group of words or phrases that stand for one another in every term that
contains one of them. They are applied to the terms, never to the text, so evidence always points at
the words that the text really has. Exact terms (`=RCM`) and a last word with `*` are left alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tidings.core.topics.terms import parse_term

Words = tuple[str, ...]
# For each alias all that stand for it, itself included.
Groups = Mapping[Words, Sequence[Words]]

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


def parse_aliases(lists: Sequence[Sequence[str]]) -> Groups:
    """Read the alias lists. Lists that share a word are one group.

    Raises ValueError for an alias that is no plain word or phrase, and for a list of one.
    """
    groups: dict[Words, set[Words]] = {}
    for written in lists:
        if len(written) < 2:
            raise ValueError(
                f"alias list [{', '.join(written)}]: an alias needs at least two spellings"
            )
        members = {parse_alias(spelling) for spelling in written}
        met = {id(groups[member]): groups[member] for member in members if member in groups}
        # The smaller joins the larger, so that a long chain of lists is not copied at each link.
        group = max(met.values(), key=len, default=set())
        for other in [members, *met.values()]:
            if other is not group:
                group |= other
                groups.update(dict.fromkeys(other, group))
    distinct = {id(group): group for group in groups.values()}
    shown = {number: tuple(sorted(group)) for number, group in distinct.items()}
    return {member: shown[id(group)] for member, group in groups.items()}


def spellings(words: Words, groups: Groups, *, prefix: bool = False) -> tuple[Words, ...]:
    """Every way to write `words` with the aliases, each once, `words` itself first.

    With `prefix` the last word is the beginning of a word and is not replaced. Raises ValueError
    beyond `MOST_SPELLINGS`.
    """
    fixed = words[-1:] if prefix else ()
    ways: list[list[Words]] = [[()]]  # ways[i]: how words[:i] may be written
    replaceable = words[: len(words) - len(fixed)]
    for end in range(1, len(replaceable) + 1):
        found = {way + replaceable[end - 1 : end]: None for way in ways[end - 1]}
        for start in range(end) if groups else ():
            others = groups.get(replaceable[start:end], ())
            found.update({way + other: None for way in ways[start] for other in others})
        if len(found) > MOST_SPELLINGS:
            raise ValueError(
                f"the aliases give `{' '.join(words)}` more than {MOST_SPELLINGS} spellings; "
                "shorten the phrase or the alias lists"
            )
        ways.append(list(found))
    return tuple(way + fixed for way in ways[-1])
