"""Who gets a digest: lists, choices, departures, and which of them wins."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tidings.core.audience import Standing, audience, pseudonym, state_of
from tidings.model import ALL, Choice, Recipient, RecipientState

ACTIVE, PAUSED = RecipientState.ACTIVE, RecipientState.PAUSED
LEFT, BOUNCED = RecipientState.LEFT, RecipientState.BOUNCED
AT = datetime(2026, 11, 23, tzinfo=UTC)
ANA = Recipient("Ana@example.org", "Ana", ("boats",), "es")


def choice(**more: object) -> Choice:
    return replace(Choice("weekly", "ana@example.org", AT), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("mark", "own", "listed", "paused", "joined", "state"),
    [
        (None, None, True, False, False, ACTIVE),
        (None, None, False, False, False, None),
        (None, None, False, False, True, ACTIVE),
        (LEFT, None, True, False, False, LEFT),
        (BOUNCED, None, True, False, False, BOUNCED),
        (PAUSED, None, False, False, True, PAUSED),
        (None, LEFT, True, False, False, LEFT),
        (None, PAUSED, True, False, False, PAUSED),
        # What somebody did last about this digest wins over what is on record of the address,
        (LEFT, ACTIVE, True, False, False, ACTIVE),
        (ACTIVE, LEFT, True, False, True, LEFT),
        # but mail that comes back comes back.
        (BOUNCED, ACTIVE, True, False, True, BOUNCED),
        # A pause on a list wins over everything.
        (None, ACTIVE, False, True, True, PAUSED),
        (LEFT, LEFT, False, True, False, PAUSED),
    ],
)
def test_the_last_word_is_who_it_belongs_to(
    mark: RecipientState | None,
    own: RecipientState | None,
    listed: bool,
    paused: bool,
    joined: bool,
    state: RecipientState | None,
) -> None:
    assert state_of(Standing(mark, own, joined), listed=listed, paused=paused) is state


def test_what_somebody_chose_wins_over_what_their_list_says() -> None:
    chosen = choice(topics=("ports",), language="fr")
    [person] = audience([ANA], {chosen.key: chosen}, {})
    assert (person.topics, person.language, person.name) == (("ports",), "fr", "Ana")
    everything = choice(topics=ALL)
    assert audience([ANA], {chosen.key: everything}, {})[0].topics is None
    nothing = choice(state=PAUSED)
    [person] = audience([ANA], {chosen.key: nothing}, {})
    assert (person.topics, person.language, person.state) == (("boats",), "es", PAUSED)


def test_who_joined_comes_beside_the_lists_once_whatever_the_case_of_the_address() -> None:
    joined = choice(joined=True, state=ACTIVE)
    assert len(audience([ANA], {joined.key: joined}, {})) == 1
    assert [each.address for each in audience([], {joined.key: joined}, {})] == ["ana@example.org"]


def test_a_choice_alone_makes_nobody_a_recipient() -> None:
    assert audience([], {"ana@example.org": choice(state=ACTIVE)}, {}) == ()


def test_a_pseudonym_tells_the_same_address_and_not_which() -> None:
    first = pseudonym(b"key", "ana@example.org")
    assert first == pseudonym(b"key", "ana@example.org")
    assert first != pseudonym(b"other key", "ana@example.org")
    assert "ana" not in first
