"""How mail goes out, as administrators write it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tidings.core.mail.message import addr_spec
from tidings.core.settings import Mail, Relay
from tidings.core.settings.site import check_transport, parse_imap, parse_transport
from tidings.core.settings.values import (
    InvalidValue,
    check_address,
    check_recipient,
    check_sender,
    parse_rate,
)


def wrong(text: str) -> InvalidValue:
    with pytest.raises(InvalidValue) as caught:
        check_transport(text)
    return caught.value


@pytest.mark.parametrize(
    ("text", "relay"),
    [
        ("smtp://mail.example.org", Relay("mail.example.org", 587)),
        ("smtp://mail.example.org:25/", Relay("mail.example.org", 25)),
        ("smtps://mail.example.org", Relay("mail.example.org", 465, security="tls")),
        ("smtps://news@mail.example.org:1465", Relay("mail.example.org", 1465, "news", "tls")),
        ("smtp://a@b.org@mail.example.org", Relay("mail.example.org", 587, "a@b.org")),
        ("smtp://a%40b.org@MAIL.example.org", Relay("mail.example.org", 587, "a@b.org")),
        ("smtp://localhost:25?tls=none", Relay("localhost", 25, security="none")),
        ("smtp://127.3.2.1?tls=none", Relay("127.3.2.1", 587, security="none")),
        ("smtp://[::1]:25?tls=none", Relay("::1", 25, security="none")),
        ("smtp://correo.españa.example", Relay("correo.xn--espaa-rta.example", 587)),
        ("smtp://relay.lan?ca=config/a%20b.pem", Relay("relay.lan", 587, ca="config/a b.pem")),
    ],
)
def test_a_server_is_named_by_its_address(text: str, relay: Relay) -> None:
    assert parse_transport(text) == relay
    mail = Mail.model_validate({"transport": text})
    assert mail.relay == relay
    assert mail.folder is None


def test_a_folder_is_no_server() -> None:
    mail = Mail.model_validate({"transport": "file:outbox"})
    assert (mail.folder, mail.relay) == ("outbox", None)


def test_the_place_of_a_server_reads_as_it_is_written() -> None:
    assert Relay("mail.example.org", 587, "news").place == "mail.example.org:587"
    assert Relay("::1", 25).place == "[::1]:25"


@pytest.mark.parametrize(
    "text",
    [
        "outbox", "file:", "file://host/x", "http://localhost", "smtp:", "smtp://",
        "smtp:localhost", "smtp://h:99999", "smtp://h:0", "smtp://h:x", "smtp://h/x", "smtp://h#x", "smtp://@h",
        "smtp://a b", "smtp://h\n", "smtp://a..b", "smtp://[::1", "smtp://h?tls=off", "smtp://h?x=1",
        "smtp://localhost?tls=none&tls=none", "smtp://h?ca=", "smtp://a%0Ab@h", "smtps://h?tls=none",
        "smtps://localhost?tls=none", "smtp://localhost?tls=none&ca=x.pem", "smtp://user@",
    ],
)  # fmt: skip
def test_what_names_no_way_out_is_refused_with_what_to_write(text: str) -> None:
    assert wrong(text).hint


@pytest.mark.parametrize(
    "host",
    ["mail.example.org", "10.0.0.1", "localhost.example.org", "[::2]", "128.0.0.1", "0.0.0.0"],
)
def test_mail_goes_unprotected_to_this_machine_only(host: str) -> None:
    found = wrong(f"smtp://{host}?tls=none")
    assert "for all to read" in found.message
    assert "smtp://localhost:25?tls=none" in found.hint


@pytest.mark.parametrize(
    "text",
    [
        "smtp://news:hunter2@mail.example.org",
        "smtps://news:hunter2@mail.example.org:465",
        "SMTP://news:hunter2@mail.example.org",
        "smtp://news:hun/ter2#x@mail.example.org",
        "smtp://news@example.org:hunter2@mail.example.org",
        "smtp://:hunter2@mail.example.org",
        "smtp://news:hunter2@",
    ],
)
def test_a_password_in_the_address_is_refused_and_not_repeated(text: str) -> None:
    found = wrong(text)
    assert "TIDINGS_SMTP_PASSWORD_FILE" in found.hint
    assert "hun" not in f"{found.message} {found.hint}"


@given(st.text(alphabet="abc:/@?#[]%=&. \n", max_size=30))
def test_nothing_that_stands_before_an_at_is_ever_repeated(rest: str) -> None:
    told = ""
    try:
        check_transport(f"smtp://{rest}hunter2@{rest}")
    except InvalidValue as found:
        told = f"{found.message} {found.hint}"
    assert "hunter2" not in told


# --- The other settings of mail ------------------------------------------------------------------


def test_mail_that_says_nothing_has_the_documented_defaults() -> None:
    mail = Mail()
    assert mail.transport == "file:outbox"
    assert (mail.connections, mail.rate, mail.in_doubt) == (4, None, "resend")
    assert mail.expires == timedelta(days=5)


def test_mail_settings_are_read_from_text() -> None:
    mail = Mail.model_validate(
        {"connections": "50", "rate": "600/min", "expires": "2d", "in_doubt": "hold"}
    )
    assert (mail.connections, mail.rate, mail.in_doubt) == (50, 10.0, "hold")
    assert mail.expires == timedelta(days=2)


@pytest.mark.parametrize(
    "setting",
    [
        {"connections": "0"},
        {"connections": "51"},
        {"rate": "20"},
        {"expires": "0s"},
        {"in_doubt": "drop"},
    ],
)
def test_a_mail_setting_out_of_bounds_is_refused(setting: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Mail.model_validate(setting)


@pytest.mark.parametrize(
    ("text", "rate"),
    [("20/s", 20.0), ("600/min", 10.0), (" 1800 / h ", 0.5), (None, None), (2.5, 2.5)],
)
def test_a_rate_is_so_many_in_a_time(text: object, rate: float | None) -> None:
    assert parse_rate(text) == rate


@pytest.mark.parametrize(
    "text", ["", "20", "0/s", "-1/s", "1.5/s", "20/", "20/d", "/s", "20/m", 20]
)
def test_what_is_not_a_rate_is_refused(text: object) -> None:
    with pytest.raises(InvalidValue, match="is not a rate"):
        parse_rate(text)


# --- Addresses in other scripts ------------------------------------------------------------------


@pytest.mark.parametrize(
    "address", ["josé@example.org", "李雷@例え.jp", "ana@españa.example", "ana+x@example.org"]
)
def test_a_recipient_may_have_an_address_in_another_script(address: str) -> None:
    assert check_recipient(f" {address} ") == address
    assert addr_spec(address).rpartition("@")[2].isascii()


def test_two_ways_to_write_one_letter_are_one_address() -> None:
    assert check_recipient("jose\u0301@example.org") == "jos\u00e9@example.org"


@pytest.mark.parametrize(
    "address",
    [
        "é", "é@", "@é", "é é@b.org", "é\u2028@b.org", "é\u202e@b.org", "é\x85@b.org", "é@b..org",
        "é@b\u2028c", ".é@b.org", "é,a@b.org", "<é@b.org>", "é" * 33 + "@b.org",
        "é@" + "ñ" * 64 + ".org",
    ],
)  # fmt: skip
def test_what_is_no_address_in_any_script_is_refused(address: str) -> None:
    with pytest.raises(InvalidValue, match=r"mail"):
        check_recipient(address)


@pytest.mark.parametrize("domain", ["straße.example", "βόλος.example", "نامه\u200cای.example"])
def test_a_domain_that_could_be_somebody_else_s_is_refused(domain: str) -> None:
    with pytest.raises(InvalidValue, match="two forms") as caught:
        check_recipient(f"ana@{domain}")
    assert "xn--" in caught.value.hint


@given(st.text(max_size=40))
def test_every_recipient_that_is_accepted_can_be_written_to(text: str) -> None:
    try:
        address = check_recipient(f"{text}@example.org")
    except InvalidValue:
        return
    spec = addr_spec(address)
    assert spec.isprintable()
    assert " " not in spec


@pytest.mark.parametrize("setting", ["from", "reply_to"])
def test_a_sender_has_an_address_that_every_server_takes(setting: str) -> None:
    with pytest.raises(ValidationError):
        Mail.model_validate({setting: "señora@example.org"})
    with pytest.raises(InvalidValue, match="mail servers refuse"):
        check_address("señora@example.org")


def test_a_sender_without_an_address_is_told_where_it_belongs() -> None:
    with pytest.raises(InvalidValue) as raised:
        check_sender("News desk")
    assert raised.value.message == '"News desk" is a name without a mail address'
    assert raised.value.hint == "write: News desk <name@example.org>"


# --- The return path, and access tokens ----------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "sender", "keyed"),
    [
        (None, "news@example.org", False),
        ("bounces@example.org", "bounces@example.org", False),
        ("bounces+{token}@example.org", "bounces+notice@example.org", True),
        ("{token}@bounces.example.org", "notice@bounces.example.org", True),
        (f"{'b' * 31}-{{token}}@example.org", f"{'b' * 31}-notice@example.org", True),
    ],
)
def test_the_envelope_sender_is_apart_from_the_sender(
    address: str | None, sender: str, keyed: bool
) -> None:
    mail = Mail.model_validate({"from": "News <news@example.org>", "bounce_address": address})
    assert (mail.envelope_sender, mail.keyed) == (sender, keyed)
    assert mail.address == "news@example.org"


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("bounces", "not a mail address"),
        ("bounces+{token}{token}@example.org", "once, before the @"),
        ("bounces@{token}.example.org", "once, before the @"),
        (f"{'b' * 32}-{{token}}@example.org", "longer than 64"),
        ("bounces {token}@example.org", "not a mail address"),
        ("bounces+{token}@", "not a mail address"),
    ],
)
def test_a_return_path_that_no_server_would_take_is_refused(address: str, told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        Mail.model_validate({"bounce_address": address})


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("mail-token --for news@example.org", ("mail-token", "--for", "news@example.org")),
        ("'/opt/my programs/token' \"a b\"", ("/opt/my programs/token", "a b")),
        ("token $HOME | tee", ("token", "$HOME", "|", "tee")),
        (["token", "a b", 7], ("token", "a b", "7")),
        ([7], ("7",)),
    ],
)
def test_a_command_is_a_line_or_a_list_and_no_shell_reads_it(
    given: object, words: tuple[str, ...]
) -> None:
    assert Mail.model_validate({"token_command": given}).token_command == words


@pytest.mark.parametrize("given", ["", "   ", [], [""], "'open s3cr3t", {"a": "b"}, 7, [["a"]]])
def test_what_is_no_command_is_refused_without_repeating_it(given: object) -> None:
    with pytest.raises(ValidationError) as caught:
        Mail.model_validate({"token_command": given})
    assert "s3cr3t" not in str(caught.value.errors()[0]["msg"])


def test_a_token_in_a_request_to_leave_stands_in_its_subject() -> None:
    mail = Mail.model_validate({"unsubscribe": "mailto:leave@example.org?subject=leave%20{token}"})
    assert mail.leave_address == "leave@example.org"
    assert mail.leaving_by("abc").leave_url == "mailto:leave@example.org?subject=leave%20abc"
    with pytest.raises(ValidationError, match="in its subject alone"):
        Mail.model_validate({"unsubscribe": "mailto:leave+{token}@example.org"})


@pytest.mark.parametrize(
    ("url", "place", "folder"),
    [
        ("imaps://a@example.org", "example.org:993", "INBOX"),
        ("imap://a%40b.example@example.org/Old%20mail", "example.org:143", "Old mail"),
        ("imaps://news@example.org@mail.example.org:1993/", "mail.example.org:1993", "INBOX"),
        ("imap://a@[::1]:1143/INBOX?tls=none", "[::1]:1143", "INBOX"),
    ],
)
def test_a_mailbox_is_read_as_a_server_and_a_folder(url: str, place: str, folder: str) -> None:
    server, found = parse_imap(url)
    assert (server.place, found) == (place, folder)
    assert server.user
