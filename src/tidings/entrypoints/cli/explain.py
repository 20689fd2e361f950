"""`tidings explain`: why an item is in a topic, or the clause that kept it out."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from datetime import date
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text as Styled

from tidings.application.explain import Explanation, explain_item, explain_text
from tidings.core.corrections import Quote, quotes
from tidings.core.settings import Settings, suggestion
from tidings.core.tags import named
from tidings.core.topics import Clause, Matcher, RuleResult
from tidings.core.topics.languages import ItemLanguage
from tidings.entrypoints import wiring
from tidings.entrypoints.cli.common import (
    MARGIN,
    Json,
    console,
    count,
    headline,
    instance_of,
    iso,
    print_json,
    with_hint,
)
from tidings.entrypoints.cli.exits import usage
from tidings.entrypoints.wiring import Instance
from tidings.model import Item, Text, Topic

WIDTH = 80
ANSWER = 6
FIELD = 8
FIELDS = {"title": "title", "summary": "text"}


def explain(
    context: typer.Context,
    item: Annotated[
        str, typer.Argument(metavar="[ITEM]", help="Its id or slug, or how either begins.")
    ] = "",
    topic: Annotated[str, typer.Option(metavar="T", help="Only this topic, in full.")] = "",
    text: Annotated[str, typer.Option(metavar="TITLE", help="A title, in place of an item.")] = "",
    summary: Annotated[str, typer.Option(help="What goes with --text.")] = "",
    json: Json = False,
) -> None:
    """Say why an item is in a topic, or what kept it out, line by line of the rule."""
    if bool(item) == bool(text):
        raise usage("name an item, or give a title with --text")
    if summary and not text:
        raise usage("--summary goes with --text: an item has its own")
    instance = instance_of(context)
    settings = instance.settings
    chosen = _topics(instance, topic)
    matcher = Matcher(settings.topics, settings.aliases, settings.languages)
    if text:
        written = Text(text, summary)
        explanations = explain_text(matcher, settings.topics, written)
        found = None
    else:
        with wiring.look_at_state(instance) as store:
            found, explanations = explain_item(store, matcher, settings.topics, item)
        written = found.text
    told = settings.languages.told((written.title, written.summary))
    spoken = settings.languages.spoken(found) if found else told
    shown = [each for each in explanations if each.topic in chosen]
    if json:
        _print_json(found, written, shown, spoken)
        return
    also = [each for each in explanations if each not in shown and each.verdict.holds]
    several = spoken.by != "site" or _asks_for_languages(settings)
    _tell(found, written, shown, also, spoken if several else None, in_full=bool(topic))


def _topics(instance: Instance, slug: str) -> tuple[Topic, ...]:
    """Return all topics, or the one with this slug. Raises a usage error."""
    topics = instance.settings.topics
    if not slug:
        return topics
    found = tuple(topic for topic in topics if topic.slug == slug)
    if not found:
        hint = suggestion(slug, [topic.slug for topic in topics])
        raise usage(with_hint(f"there is no topic {slug!r}", hint))
    return found


# --- For people ----------------------------------------------------------------------------------


def _tell(
    item: Item | None,
    text: Text,
    shown: Sequence[Explanation],
    also: Sequence[Explanation],
    spoken: ItemLanguage | None,
    *,
    in_full: bool,
) -> None:
    """Print topics that hold in full, the others by what is nearest, unless `in_full`; and the
    language, where it is `spoken` of."""
    out = console()
    headline(out, f"Retracted: {text.title}" if item and item.retraction else text.title)
    if item:
        out.print(Styled(_dates(item), style="dim"))
    if spoken:
        out.print(Styled(_language(spoken), style="dim"))
    for each in shown:
        if each.verdict.holds or in_full:
            _tell_topic(out, each, text, in_full=in_full)
    others = [each for each in shown if not each.verdict.holds and not in_full]
    if others and len(others) == len(shown):
        _paragraph(out, "In no topic.")
    for each in others:
        _tell_nearest(out, each, text)
    if also:
        titles = ", ".join(each.topic.title for each in also)
        _paragraph(out, f"{'Also in' if shown[0].verdict.holds else 'In'} {titles}.")


def _dates(item: Item) -> str:
    told = _day(item.date) if item.date else "undated"
    corrected = item.revised_at if item.revision else None
    return f"{told}, corrected {_day(corrected)}" if corrected else told


def _asks_for_languages(settings: Settings) -> bool:
    """Whether anybody wants items in some languages alone."""
    people = (person for each in settings.lists.values() for person in each)
    return any(d.items_in for d in settings.digests) or any(p.items_in for p in people)


def _language(spoken: ItemLanguage) -> str:
    """In which language an item is for readers who want some, and what tells it."""
    if not named(spoken.tag):
        return f"Language not known ({spoken.tag}): for readers of any that it can be in."
    by = {
        "source": "as its source says",
        "letters": "by its letters",
        "words": "by its words",
        "site": "the site's, since nothing says another",
    }
    return f"Language {spoken.tag}, {by[spoken.by]}."


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _paragraph(out: Console, text: str) -> None:
    out.print()
    out.print(Styled(f"{MARGIN}{text}"))


# --- One topic -----------------------------------------------------------------------------------


def _tell_topic(out: Console, each: Explanation, text: Text, *, in_full: bool) -> None:
    """Print what decided, then every line of the rule.

    Unless `in_full`, the lines that do not hold share a paragraph.
    """
    verdict = each.verdict
    _paragraph(out, f"{'In' if verdict.holds else 'Not in'} {each.topic.title}{_reason(verdict)}")
    _tell_difference(out, each)
    parts = list(dict.fromkeys(clause.part for clause in verdict.clauses))
    for part in parts:
        out.print()
        if parts != ["any"]:
            out.print(Styled(f"{MARGIN}{part}:", style="dim"))
        clauses = [clause for clause in verdict.clauses if clause.part == part]
        for clause in clauses:
            if clause.holds or in_full:
                _tell_clause(out, clause, text, nearest=clause is verdict.nearest)
        if not in_full:
            _tell_rest(out, [clause.written for clause in clauses if not clause.holds])


def _tell_rest(out: Console, written: Sequence[str]) -> None:
    """Print the lines of a rule that do not hold, in one paragraph."""
    indent = MARGIN + " " * ANSWER
    told = textwrap.wrap(
        ", ".join(written),
        WIDTH,
        initial_indent=f"{MARGIN}{'no':<{ANSWER}}",
        subsequent_indent=indent,
        break_on_hyphens=False,
    )
    for line in told:
        out.print(Styled(line, style="dim"))


def _tell_difference(out: Console, each: Explanation) -> None:
    if each.outdated:
        does = "puts it in" if each.verdict.holds else "takes it out"
        stands = "is not in it" if each.verdict.holds else "is still in it"
        told = f"By the last run it {stands}; the rule was edited since: the next run {does}."
        out.print(Styled(f"{MARGIN}{told}"))


def _tell_nearest(out: Console, each: Explanation, text: Text) -> None:
    """Print why an item is not in a topic, and the line of the rule that nearly holds."""
    _paragraph(out, f"Not in {each.topic.title}{_reason(each.verdict)}")
    _tell_difference(out, each)
    nearest = each.verdict.nearest
    if nearest and (nearest.evidence or nearest.remark or nearest.seen):
        _tell_clause(out, nearest, text, nearest=True)


def _tell_clause(out: Console, clause: Clause, text: Text, *, nearest: bool) -> None:
    """Print whether a line of a rule holds, and the words that make it hold or come near."""
    answer = Styled(f"{'yes' if clause.holds else 'no':<{ANSWER}}")
    answer.stylize("dim" if not clause.holds else "green" if clause.wanted else "red")
    seen = f"   ({clause.seen})" if clause.seen and clause.part != "pin" else ""
    out.print(Styled(MARGIN) + answer + Styled(clause.written) + Styled(seen, style="dim"))
    indent = MARGIN + " " * ANSWER
    if clause.holds:
        for quote in quotes(text, clause.evidence):
            field = Styled(f"{FIELDS[quote.field]:<{FIELD}}", style="dim")
            out.print(Styled(indent) + field + _marked(quote))
    elif nearest and (clause.remark or clause.evidence):
        out.print(Styled(f"{indent}nearest: {clause.remark}"))
        for quote in quotes(text, clause.evidence):
            out.print(Styled(indent) + _marked(quote))


def _marked(quote: Quote) -> Styled:
    """Mark the evidence by colour, and by brackets for where there is none."""
    return Styled.assemble(
        *((f"[{p.text}]", "bold green") if p.marked else p.text for p in quote.fragments)
    )


def _reason(verdict: RuleResult) -> str:
    """Return what decided, as the end of a sentence."""
    if verdict.pinned:
        return ", because it is pinned there."
    terms = [clause for clause in verdict.clauses if clause.part == "any"]
    if verdict.nearest is None:
        there = sum(clause.holds for clause in terms)
        if terms:
            are = "is" if there == 1 else "are"
            return f", because {there} of {count(len(terms), 'term')} under any: {are} there."
        return ", because every line of its rule holds."
    clause, several = verdict.nearest, len(terms)
    return {
        "any": ". Its one term is not there."
        if several == 1
        else f". None of its {several} terms under any: is there.",
        "all": f". Not there, and asked for under all: {clause.written}.",
        "none": f". There, and kept out under none: {clause.written}.",
        "source": ". It comes from none of the files under source:.",
        "after": f". Its date is not after {clause.written}." if clause.seen else ". No date.",
        "before": f". Its date is not before {clause.written}." if clause.seen else ". No date.",
        "pin": ". It takes only what is pinned.",
        "ban": ", because it is banned there.",
    }[clause.part]


# --- For programs --------------------------------------------------------------------------------


def _print_json(
    item: Item | None, text: Text, shown: Sequence[Explanation], spoken: ItemLanguage
) -> None:
    print_json(
        {
            "item": {"id": item.id, "slug": item.slug} if item else None,
            "title": text.title,
            "summary": text.summary,
            "date": iso(text.date),
            "language": {"tag": spoken.tag, "by": spoken.by},
            "topics": [_explanation_json(each, text) for each in shown],
        }
    )


def _explanation_json(each: Explanation, text: Text) -> dict[str, object]:
    verdict = each.verdict
    return {
        "slug": each.topic.slug,
        "title": each.topic.title,
        "holds": verdict.holds,
        "pinned": verdict.pinned,
        "recorded": each.recorded,
        "clauses": [_clause_json(clause, text) for clause in verdict.clauses],
        "failing": [verdict.clauses.index(clause) for clause in verdict.failing],
    }


def _clause_json(clause: Clause, text: Text) -> dict[str, object]:
    return {
        "part": clause.part,
        "written": clause.written,
        "holds": clause.holds,
        "evidence": [
            {
                "field": piece.field,
                "start": piece.start,
                "end": piece.end,
                "words": getattr(text, piece.field)[piece.start : piece.end],
            }
            for piece in clause.evidence
        ],
        "seen": clause.seen,
        "closeness": round(clause.score, 3),
        "remark": clause.remark,
    }
