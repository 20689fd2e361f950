"""Searching: a form, and what was found, as a page that needs no script.

A question stands in the address, so that an answer can be sent to somebody and gone back to. It is
kept nowhere: neither in a log nor in the state.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from tidings.application.search import Question, search
from tidings.core.limits import networks
from tidings.core.listings.text import without_controls
from tidings.core.pages.search import Answer
from tidings.core.topics.queries import LONGEST_QUERY
from tidings.entrypoints.web.app_state import AppState
from tidings.entrypoints.web.responses import page_response
from tidings.errors import StoreError

log = logging.getLogger(__name__)

# What a page says that answers nothing, and after how many seconds it is worth asking again.
_LATER: dict[str, dict[str, str]] = {
    "limited": {"Retry-After": "60"},
    "soon": {"Retry-After": "10"},
    "failed": {"Retry-After": "120"},
}
# Pages of an answer that are counted; a longer number is nobody's.
_NUMBER = re.compile(r"[1-9]\d{0,2}")
_YEAR = re.compile(r"\d{1,4}|undated")


def search_page(state: AppState, request: Request) -> Response:
    """Answer a question: `q` are its words, `topic` a slug, `year` a year, `page` a number."""
    asked = _question(request)
    caller = request.client.host if request.client else ""
    try:
        if not state.may_search(networks(caller)[0]):
            return _page(state, request, asked, "limited", 429)
        answer = search(state.store(), state.index, state.site.settings, asked)
        years = state.index.years()
    except StoreError as error:
        log.error('search not possible reason="%s"', error)
        return _page(state, request, asked, "failed", 503)
    if answer is None or answer.behind:
        state.indexing.wake()
    if answer is None:
        return _page(state, request, asked, "soon", 503)
    too_long = any(remark.kind == "long" for remark in answer.remarks)
    status = 400 if too_long else 200
    return _page(state, request, asked, "", status, answer=answer, years=years)


def _page(
    state: AppState,
    request: Request,
    asked: Question,
    trouble: str,
    status: int,
    *,
    answer: Answer | None = None,
    years: Sequence[str] = (),
) -> Response:
    site = state.site
    page = site.page(
        "search",
        site.language_for(request),
        asked=replace(asked, text=asked.text[:LONGEST_QUERY]),
        answer=answer,
        trouble=trouble,
        topics=site.settings.topics,
        years=years,
        longest=LONGEST_QUERY,
        newer=_asking(asked, answer.number - 1) if answer else "",
        older=_asking(asked, answer.number + 1) if answer else "",
    )
    return page_response(page, status, _LATER.get(trouble))


def _asking(asked: Question, number: int) -> str:
    """The query of an address that asks for another page of the answer."""
    given = {"q": asked.text, "topic": asked.topic, "year": asked.year, "page": str(number)}
    if number < 2:
        del given["page"]
    return urlencode({name: value for name, value in given.items() if value or name == "q"})


def _question(request: Request) -> Question:
    given = request.query_params
    number, year = given.get("page", ""), given.get("year", "")
    return Question(
        # What no page can show, nobody has typed.
        text=without_controls(given.get("q", ""))[0],
        topic=given.get("topic", ""),
        year=year if _YEAR.fullmatch(year) else "",
        number=int(number) if _NUMBER.fullmatch(number) else 1,
    )
