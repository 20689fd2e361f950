"""The answers to links that are not obeyed: each says that nothing was done, and whom to ask."""

from __future__ import annotations

from starlette.responses import Response

from tidings.entrypoints.web.answers import answer
from tidings.entrypoints.web.reception import Reception


def broken(reception: Reception, spoken: str) -> Response:
    """A seal that does not open: cut short on its way, or closed with a key that is no more."""
    return answer(reception.page("broken", spoken), 404)


def for_a_group(reception: Reception, spoken: str, address: str) -> Response:
    """Several people read that address, and none of them decides for the others."""
    return answer(reception.page("group", spoken, address=address), 403)


def gone(reception: Reception, spoken: str, token: str = "") -> Response:
    """The digest is no more; with the `token` of a member, leaving is offered all the same."""
    return answer(reception.page("gone", spoken, token=token), 410)
