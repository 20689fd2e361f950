"""A message that is only tried out."""

from __future__ import annotations

from email import message_from_bytes, policy

from tidings.application.preview import as_test

MESSAGE = (
    b"From: a@example.org\r\n"
    b"List-Unsubscribe: <https://news.example.org/leave?token=1>,\r\n"
    b" <mailto:leave@example.org>\r\n"
    b"list-unsubscribe-post: List-Unsubscribe=One-Click\r\n"
    b"Subject: News\r\n"
    b"\r\n"
    b"List-Unsubscribe: this line is text\r\n"
)


def test_it_says_so_in_a_header_and_names_no_way_off_a_list() -> None:
    read = message_from_bytes(as_test(MESSAGE), policy=policy.default)
    assert read["X-Tidings-Test"]
    assert (read["List-Unsubscribe"], read["List-Unsubscribe-Post"]) == (None, None)
    assert (read["From"], read["Subject"]) == ("a@example.org", "News")


def test_its_body_is_left_as_it_is() -> None:
    assert as_test(MESSAGE).endswith(
        b"\r\nSubject: News\r\n\r\nList-Unsubscribe: this line is text\r\n"
    )


def test_the_last_header_may_be_the_one_that_goes() -> None:
    assert as_test(b"A: b\r\nList-Unsubscribe: <x>\r\n\r\nbody").endswith(b"\r\nA: b\r\n\r\nbody")
