"""Who gets a digest, what each recipient is owed, and in which language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.builders import MONDAY, WEEK, digest
from tidings.core.audience import (
    Announcement,
    Subscription,
    SubscriptionStatus,
    attending,
    both_chose,
    concerns,
    first_spoken,
    gets_mail,
    owed,
    preferred,
    pseudonym,
    recipients,
    since,
    state_of,
    with_choices,
    words_for,
)
from tidings.model import ALL, Choice, Owed, Recipient, RecipientState

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
    assert state_of(SubscriptionStatus(mark, own, joined), listed=listed, paused=paused) is state


def test_who_is_not_said_to_have_joined_has_not() -> None:
    assert state_of(SubscriptionStatus(), listed=False, paused=False) is None


def test_what_somebody_chose_wins_over_what_their_list_says() -> None:
    chosen = choice(topics=("ports",), language="fr")
    [person] = with_choices([ANA], {chosen.key: chosen}, {})
    assert (person.topics, person.language, person.name) == (("ports",), "fr", "Ana")
    everything = choice(topics=ALL)
    assert with_choices([ANA], {chosen.key: everything}, {})[0].topics is None
    nothing = choice(state=PAUSED)
    [person] = with_choices([ANA], {chosen.key: nothing}, {})
    assert (person.topics, person.language, person.state) == (("boats",), "es", PAUSED)


def test_who_joined_comes_beside_the_lists_once_whatever_the_case_of_the_address() -> None:
    joined = choice(joined=True, state=ACTIVE)
    assert len(with_choices([ANA], {joined.key: joined}, {})) == 1
    assert [each.address for each in with_choices([], {joined.key: joined}, {})] == [
        "ana@example.org"
    ]


def test_a_choice_alone_makes_nobody_a_recipient() -> None:
    assert with_choices([], {"ana@example.org": choice(state=ACTIVE)}, {}) == ()


def test_a_pseudonym_tells_the_same_address_and_not_which() -> None:
    first = pseudonym(b"key", "ana@example.org")
    assert first == pseudonym(b"key", "ana@example.org")
    assert first != pseudonym(b"other key", "ana@example.org")
    assert "ana" not in first


PERSON = Recipient("ana@x.example")
NOTHING: Mapping[str, int] = {}
IN_BOATS: Mapping[str, Sequence[str]] = {
    "boat": ("boats",),
    "port": ("ports",),
    "both": ("boats", "ports"),
}


def new(item_id: str, revision: int = 0, week: int = 0) -> Announcement:
    return Announcement(item_id, revision, corrected=False, opened_at=MONDAY + week * WEEK)


def corrected(item_id: str, revision: int, week: int) -> Announcement:
    return Announcement(item_id, revision, corrected=True, opened_at=MONDAY + week * WEEK)


def always(person: Recipient = PERSON) -> Subscription:
    return Subscription(person, None)


# --- Who -----------------------------------------------------------------------------------------


def test_somebody_on_two_lists_is_one_recipient_as_the_first_list_describes_them() -> None:
    first, second = Recipient("Ana@X.example", name="Ana"), Recipient("ana@x.EXAMPLE", name="A.")
    bob = Recipient("bob@x.example")
    lists = {"staff": (first,), "partners": (bob, second), "others": (Recipient("eve@x.example"),)}
    found = recipients(digest(lists=("staff", "partners")), lists)
    assert found == (first, bob)
    assert recipients(digest(lists=("partners", "staff")), lists) == (bob, second)


def test_addresses_are_compared_case_folded_and_not_merely_lowered() -> None:
    lists = {"staff": (Recipient("straße@x.example"), Recipient("STRASSE@x.example"))}
    assert len(recipients(digest(lists=("staff",)), lists)) == 1


@pytest.mark.parametrize("state", list(RecipientState))
def test_only_the_active_get_mail(state: RecipientState) -> None:
    assert gets_mail(Recipient("a@x.example", state=state)) is (state is RecipientState.ACTIVE)


def test_editions_count_from_when_somebody_was_first_seen_unless_they_ask_for_more() -> None:
    span = timedelta(days=30)
    assert since(PERSON, MONDAY) == MONDAY
    assert since(Recipient("a@x.example", start=span), MONDAY) == MONDAY - span
    assert since(Recipient("a@x.example", start="everything"), MONDAY) is None


def test_whoever_chose_no_topics_wants_even_what_is_in_none() -> None:
    assert concerns(None, ())
    assert concerns(("boats",), ("ports", "boats"))
    assert not concerns(("boats",), ("ports",))
    assert not concerns(("boats",), ())
    assert not concerns((), ("boats",))


# --- What ----------------------------------------------------------------------------------------


def test_nothing_announced_is_nothing_owed() -> None:
    assert owed(always(), [], NOTHING, {}) == ()


def test_everything_announced_and_not_delivered_is_owed_in_the_order_announced() -> None:
    announced = [new("port"), new("boat"), new("both", week=1)]
    assert owed(always(), announced, {"boat": 0}, IN_BOATS) == (Owed("port", 0), Owed("both", 0))


def test_an_item_in_two_topics_is_owed_once() -> None:
    person = Recipient("a@x.example", topics=("boats", "ports"))
    assert owed(always(person), [new("both")], NOTHING, IN_BOATS) == (Owed("both", 0),)


def test_only_the_chosen_topics_are_owed() -> None:
    person = Recipient("a@x.example", topics=("boats",))
    announced = [new("port"), new("boat"), new("both"), new("loose")]
    found = owed(always(person), announced, NOTHING, IN_BOATS)
    assert found == (Owed("boat", 0), Owed("both", 0))


def test_what_was_announced_before_somebody_came_is_not_theirs() -> None:
    newcomer = Subscription(PERSON, MONDAY + WEEK)
    announced = [new("boat"), new("port", week=1), new("both", week=2)]
    assert owed(newcomer, announced, NOTHING, IN_BOATS) == (Owed("port", 0), Owed("both", 0))


# --- Corrections ---------------------------------------------------------------------------------


def test_whoever_had_the_old_text_is_owed_the_correction() -> None:
    announced = [new("boat"), corrected("boat", 1, week=1)]
    (found,) = owed(always(), announced, {"boat": 0}, IN_BOATS)
    assert found == Owed("boat", 1, had_revision=0)
    assert found.corrected


def test_whoever_missed_the_old_text_gets_the_new_one_as_news() -> None:
    announced = [new("boat"), corrected("boat", 1, week=1)]
    (found,) = owed(always(), announced, NOTHING, IN_BOATS)
    assert found == Owed("boat", 1)
    assert not found.corrected


def test_whoever_came_after_the_item_is_not_told_that_it_was_wrong() -> None:
    newcomer = Subscription(PERSON, MONDAY + WEEK)
    announced = [new("boat"), corrected("boat", 1, week=1)]
    assert owed(newcomer, announced, NOTHING, IN_BOATS) == ()


def test_whom_the_item_never_concerned_is_not_told_that_it_was_wrong() -> None:
    person = Recipient("a@x.example", topics=("ports",))
    announced = [new("boat"), corrected("boat", 1, week=1)]
    assert owed(always(person), announced, NOTHING, IN_BOATS) == ()


def test_whoever_had_an_item_is_told_that_it_was_wrong_also_when_it_left_their_topic() -> None:
    person = Recipient("a@x.example", topics=("boats",))
    announced = [new("boat"), corrected("boat", 1, week=1)]
    found = owed(always(person), announced, {"boat": 0}, {"boat": ("ports",)})
    assert found == (Owed("boat", 1, had_revision=0),)


def test_whoever_has_the_newest_text_is_owed_nothing() -> None:
    announced = [new("boat"), corrected("boat", 1, week=1), corrected("boat", 2, week=2)]
    assert owed(always(), announced, {"boat": 2}, IN_BOATS) == ()


def test_of_two_corrections_missed_only_the_last_is_owed() -> None:
    announced = [new("boat"), corrected("boat", 1, week=1), corrected("boat", 2, week=2)]
    assert owed(always(), announced, {"boat": 0}, IN_BOATS) == (Owed("boat", 2, 0),)
    assert owed(always(), announced, {"boat": 1}, IN_BOATS) == (Owed("boat", 2, 1),)


def test_an_item_had_through_an_earlier_start_is_still_corrected() -> None:
    announced = [new("boat"), corrected("boat", 1, week=3)]
    later = Subscription(PERSON, MONDAY + 2 * WEEK)
    assert owed(later, announced, {"boat": 0}, IN_BOATS) == (Owed("boat", 1, 0),)


def test_the_same_inputs_owe_the_same_in_the_same_order() -> None:
    announced = [new(f"item {n}") for n in range(50)]
    found = {owed(always(), list(announced), {}, {}) for _ in range(3)}
    assert len(found) == 1
    assert [each.item_id for each in found.pop()] == [f"item {n}" for n in range(50)]


KNOWN = ("en", "es", "fr", "pt-BR")


@pytest.mark.parametrize(
    ("tag", "words"),
    [
        ("es", "es"),
        ("es-CR", "es"),
        ("ES-cr", "es"),
        ("pt-br", "pt-BR"),
        ("pt", None),
        ("xx", None),
    ],
)
def test_a_region_is_spoken_to_in_the_words_of_its_language(tag: str, words: str | None) -> None:
    assert words_for(tag, KNOWN) == words


def test_the_first_language_with_words_is_spoken_as_it_was_wanted() -> None:
    assert first_spoken((None, "xx", "es-CR", "fr"), KNOWN) == "es-CR"
    assert first_spoken((None, "xx"), KNOWN) == "en"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("es-CR,es;q=0.9,en;q=0.8", "es"),
        ("de, fr;q=0.5, es;q=0.7", "es"),
        ("en;q=0, fr;q=0.1", "fr"),
        ("*", None),
        ("", None),
        ("de;q=x, ;;, fr", "fr"),
        ("fr;q=0.000", None),
    ],
)
def test_a_browser_gets_what_it_likes_best_of_what_there_is(
    header: str, language: str | None
) -> None:
    assert preferred(header, KNOWN) == language


# --- Languages of items ---------------------------------------------------------------------------


def told(language: str, week: int = 0, item_id: str = "boat") -> Announcement:
    return replace(new(item_id, week=week), language=language)


def reads(*tags: str) -> Subscription:
    return Subscription(replace(PERSON, items_in=tags or None), None)


@pytest.mark.parametrize(
    ("language", "wanted", "gets"),
    [
        ("es", ("es",), True),
        ("es-CR", ("es",), True),
        ("es", ("es-CR",), True),
        ("es-MX", ("es-CR",), False),
        ("pt-BR", ("pt-PT",), False),
        ("en", ("es", "fr"), False),
        ("fr", ("es", "fr"), True),
        ("und", ("es",), True),
        ("und-Cyrl", ("es",), False),
        ("und-Cyrl", ("uk",), True),
        ("de", (), True),
    ],
)
def test_items_in_languages_that_somebody_reads_are_theirs(
    language: str, wanted: tuple[str, ...], gets: bool
) -> None:
    assert bool(owed(reads(*wanted), [told(language)], NOTHING, IN_BOATS)) is gets


def test_who_had_an_item_is_told_of_its_correction_in_whatever_language() -> None:
    again = replace(corrected("boat", 1, 1), language="en")
    assert owed(reads("es"), [told("en"), again], {"boat": 0}, IN_BOATS) == (Owed("boat", 1, 0),)
    assert owed(reads("es"), [told("en"), again], NOTHING, IN_BOATS) == ()


def test_an_item_that_was_put_into_their_language_is_new_to_whom_it_was_kept_from() -> None:
    again = replace(corrected("boat", 1, 1), language="es")
    assert owed(reads("es"), [told("en"), again], NOTHING, IN_BOATS) == (Owed("boat", 1),)


def after(*steps: tuple[str, ...] | None) -> Subscription:
    """Somebody whose languages were these at one weekly edition after the other."""
    presence = None
    for week, items_in in enumerate(steps):
        presence = attending(presence, None, MONDAY + week * WEEK, items_in)
    assert presence is not None
    person = replace(PERSON, items_in=steps[-1])
    return Subscription(person, None, presence.times, presence.language_times)


def weeks(subscription: Subscription, language: str) -> list[int]:
    return [w for w in range(4) if owed(subscription, [told(language, w)], NOTHING, IN_BOATS)]


@pytest.mark.parametrize(
    ("steps", "language", "counts"),
    [
        ((("es",), ("es", "en"), ("es", "en")), "en", [1, 2, 3]),
        ((("es",), ("es", "en"), ("es", "en")), "es", [0, 1, 2, 3]),
        ((("es",), None), "en", [1, 2, 3]),
        ((("es",), None), "es", [0, 1, 2, 3]),
        ((("es",), None, ("fr",)), "fr", [1, 2, 3]),
        ((None, ("es",)), "es", [0, 1, 2, 3]),
        ((None, ("es",)), "en", []),
        ((("es",), ("en",), ("es",)), "es", [2, 3]),
        # To want less of a language takes nothing back, to want more of it counts from then on.
        ((("es",), ("es-CR",)), "es-CR", [0, 1, 2, 3]),
        ((("es-CR",), ("es",)), "es-MX", [1, 2, 3]),
        # What is not known is never kept from anybody.
        ((("es",), ("fr",)), "und", [0, 1, 2, 3]),
    ],
)
def test_a_language_that_somebody_adds_counts_from_then_on(
    steps: tuple[tuple[str, ...] | None, ...], language: str, counts: list[int]
) -> None:
    assert weeks(after(*steps), language) == counts


def test_what_somebody_chose_of_languages_wins_over_what_their_list_says() -> None:
    listed = replace(ANA, items_in=("es",))
    own = choice(items_in=("en", "fr"))
    assert with_choices([listed], {own.key: own}, {})[0].items_in == ("en", "fr")
    every = choice(items_in=ALL)
    assert with_choices([listed], {own.key: every}, {})[0].items_in is None
    assert with_choices([listed], {own.key: choice()}, {})[0].items_in == ("es",)


def test_two_choices_of_languages_that_become_one_are_joined() -> None:
    one, other = choice(state=ACTIVE, items_in=("es",)), choice(state=ACTIVE, items_in=("fr", "es"))
    assert both_chose(one, other).items_in == ("es", "fr")
    assert both_chose(one, choice(state=ACTIVE, items_in=ALL)).items_in == ALL
    assert both_chose(one, choice(state=ACTIVE)).items_in == ("es",)
