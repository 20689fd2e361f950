"""Answer a question with items that are published, newest first.

Stands alone, since it is the one use case that asks the index and not the state; of the state come
the items themselves, so that what was retracted a moment ago is not shown.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from tidings.core.pages.search import PER_PAGE, Answer, hits
from tidings.core.pages.site import site_context
from tidings.core.settings import Settings
from tidings.core.topics import parse_aliases
from tidings.core.topics.queries import parse_query
from tidings.state import Store
from tidings.state.search import SearchIndex


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody asks for: in their words, of a topic by its slug and of a year, "" for any, and
    which page of the answer, from 1."""

    text: str = ""
    topic: str = ""
    year: str = ""
    number: int = 1


def search(
    store: Store, index: SearchIndex, settings: Settings, question: Question
) -> Answer | None:
    """The answer; None while the index is being made.

    A topic may be named as it was called before. Raises `StoreError` where there is no search.
    """
    text = question.text.strip()
    topic = next((t for t in settings.topics if question.topic in (t.slug, *t.was)), None)
    query = parse_query(text)
    groups = parse_aliases(settings.aliases)
    with store.reading() as state:
        current = index.follow(state, settings.languages)
        if current is None:
            return None
        answer = Answer(text, topic, question.year, query.remarks, behind=not current)
        if not answer.asked or (text and not query.parts):
            return answer
        if question.topic and not topic:
            return replace(answer, searched=True)
        slug, number = topic.slug if topic else "", question.number
        found = index.find(query, groups, slug, question.year, _page(number))
        if found.total and not found.ids:  # beyond the last page
            number = -(-found.total // PER_PAGE)
            found = index.find(query, groups, slug, question.year, _page(number))
        items = state.items.get(found.ids)
        context = site_context(settings, None)
    shown = [items[each] for each in found.ids if each in items]
    shown = [item for item in shown if not item.retraction and not item.merged_into]
    return Answer(
        text,
        topic,
        question.year,
        query.remarks,
        found.as_written,
        hits(context, shown, query, groups, settings.languages),
        found.total,
        found.more,
        number,
        behind=not current,
        searched=True,
    )


def _page(number: int) -> slice:
    return slice((number - 1) * PER_PAGE, number * PER_PAGE)
