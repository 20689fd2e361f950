"""What the worker logs of deliveries: a line for each that did not arrive, addresses masked."""

from __future__ import annotations

import logging

import pytest

from tidings.application.bounces import SharedRefusal
from tidings.application.deliver import DeliverReport
from tidings.entrypoints.worker import _log_delivery

REPORT = DeliverReport(
    deferred=[("maria@example.org", "451 later")],
    failed=[("luis@example.org", "550 5.1.1 <luis@example.org> unknown")],
    in_doubt=[("eva@example.org", "no answer")],
    closed="mx: 421 too busy, ana@example.org",
)


@pytest.fixture
def caught(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> pytest.LogCaptureFixture:
    # The command line switches this off; another test may have run it.
    monkeypatch.setattr(logging.getLogger("tidings"), "propagate", True)
    return caplog


def test_each_message_that_did_not_arrive_is_told_with_its_address_masked(
    caught: pytest.LogCaptureFixture,
) -> None:
    with caught.at_level(logging.INFO, "tidings"):
        _log_delivery(REPORT)
    assert caught.messages == [
        'delivery failed address=l***@example.org reason="550 5.1.1 <l***@example.org> unknown"',
        'delivery in doubt address=e***@example.org reason="no answer"',
        'delivery deferred address=m***@example.org reason="451 later"',
        'sending stopped reason="mx: 421 too busy, a***@example.org"',
        "mail not sent deferred=1 in_doubt=1 failed=1",
    ]


def test_what_so_many_were_refused_for_is_an_error(caught: pytest.LogCaptureFixture) -> None:
    words = "550 5.4.5 daily sending limit exceeded"
    shared = SharedRefusal("weekly", 3, 28, 30, words, frozenset({"ana@example.org"}))
    with caught.at_level(logging.INFO, "tidings"):
        _log_delivery(DeliverReport(alike=(shared,)))
    assert caught.record_tuples == [
        (
            "tidings.entrypoints.worker",
            logging.ERROR,
            (
                "refused for one reason, no address marked as bounced"
                " digest=weekly number=3 refused=28 of=30"
                f' words="{words}"'
            ),
        )
    ]


def test_only_debug_has_whole_addresses(caught: pytest.LogCaptureFixture) -> None:
    with caught.at_level(logging.DEBUG, "tidings"):
        _log_delivery(REPORT)
    assert "address=luis@example.org" in caught.messages[0]


def test_what_went_well_is_one_line(caught: pytest.LogCaptureFixture) -> None:
    with caught.at_level(logging.INFO, "tidings"):
        _log_delivery(DeliverReport(sent=2))
        _log_delivery(DeliverReport())
    assert caught.messages == ["mail sent sent=2 resent=0 suppressed=0"]
