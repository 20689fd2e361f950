"""Header fields, wrapped text and style sheets of messages."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from email.headerregistry import AddressHeader

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tidings.core.mail.message import (
    WIDTH,
    addr_spec,
    clean,
    field,
    fold,
    fold_line,
    inline,
    mailbox,
    words,
)
from tidings.core.settings.values import ascii_domain
from tidings.errors import DeliveryError


def addresses(raw: bytes) -> list[tuple[str, str]]:
    header = message_from_bytes(raw + b"\r\n\r\n", policy=policy.default)["To"]
    assert isinstance(header, AddressHeader)
    return [(each.display_name, each.addr_spec) for each in header.addresses]


@given(st.text(max_size=60))
@example("Ana\r\nBcc: all@example.org")
@example('Pérez, Ana "la jefa" <x@y.example>')
@example("Perez, Ana (desk) \\")
@example("=?utf-8?q?Ana?=")
@example("李" * 60)
@example("Ana\x00\x85\u2028\ud800")
def test_no_name_can_add_a_header_or_a_second_address(name: str) -> None:
    raw = field("To", mailbox(name, "ana@example.org"))
    assert [address for _, address in addresses(raw)] == ["ana@example.org"]
    message = message_from_bytes(raw + b"\r\n\r\n", policy=policy.default)
    assert message.keys() == ["To"]
    assert all(len(line) <= 100 for line in raw.split(b"\r\n"))


@pytest.mark.parametrize(
    "name",
    [
        "Ana",
        "Pérez, Ana",
        'Ana "A." Pérez',
        "O'Neill (desk) \\",
        "李雷",
        'Ana "A." Perez',
        "=?utf-8?q?Ana?=",
    ],
)
def test_a_name_is_read_back_as_it_was_written(name: str) -> None:
    assert addresses(field("To", mailbox(name, "a.b+c@example.org"))) == [
        (name, "a.b+c@example.org")
    ]


def test_encoded_words_are_no_longer_than_the_standard_allows() -> None:
    raw = field("Subject", words("Más de cien años de migración laboral, " * 3, "Subject"))
    assert all(len(word) <= 75 for word in raw.split())
    assert all(len(line) <= 78 for line in raw.split(b"\r\n"))


@pytest.mark.parametrize(
    "subject", ["Boats\r\nBcc: all@example.org", "=?utf-8?q?Boats=0D=0ABcc:?="]
)
def test_a_subject_adds_no_header(subject: str) -> None:
    raw = field("Subject", words(subject, "Subject"))
    message = message_from_bytes(raw + b"\r\n\r\n", policy=policy.default)
    assert message.keys() == ["Subject"]
    assert message["Subject"] == " ".join(subject.split())


def test_a_domain_in_another_script_is_written_in_ascii() -> None:
    assert mailbox("", "ana@españa.example") == "ana@xn--espaa-rta.example"
    assert ascii_domain("españa.example") == "xn--espaa-rta.example"


def test_an_address_in_another_script_stands_in_a_header_as_it_is() -> None:
    raw = field("To", mailbox("José", "josé@españa.example"))
    assert raw.endswith("<josé@xn--espaa-rta.example>".encode())
    assert addr_spec(" josé@españa.example ") == "josé@xn--espaa-rta.example"


def test_only_an_address_in_another_script_makes_a_header_that_is_not_ascii() -> None:
    assert field("To", mailbox("José", "jose@españa.example")).isascii()


@pytest.mark.parametrize(
    "address",
    [
        "ana",
        "ana@",
        "@example.org",
        "a b@c.example",
        "a@b\r\nBcc: c@d.example",
        "é\r\nBcc: x@c.example",
        "é é@c.example",
        "é\x85@c.example",
        "é\u2028@c.example",
        "é\u202e@c.example",
        "é\ud800@c.example",
        "é,x@c.example",
        "<é@c.example>",
    ],
)
def test_an_address_that_cannot_stand_in_a_header_fails_for_good(address: str) -> None:
    with pytest.raises(DeliveryError) as caught:
        mailbox("Ana", address)
    assert caught.value.permanent


@given(st.text())
def test_a_cleaned_text_is_one_line(text: str) -> None:
    assert len(clean(text).splitlines()) <= 1


WORDS = "boats and ports and tides and " * 5


def test_a_long_line_goes_on_under_its_own_indent() -> None:
    lines = fold_line("  " + WORDS).split("\n")
    assert len(lines) > 1
    assert all(re.match(r"  \S", line) for line in lines)
    assert max(map(len, lines)) <= WIDTH


def test_a_labelled_line_goes_on_under_its_second_column() -> None:
    first, second, *_ = fold_line("  Topics   " + WORDS).split("\n")
    assert first.startswith("  Topics   boats")
    assert second.startswith(" " * 11)
    assert second[11] != " "


def test_a_long_address_stays_whole_and_keeps_its_indent() -> None:
    line = "  https://news.example/items/" + "harbour-" * 10 + ".html"
    assert fold_line(line) == line


def test_a_word_with_hyphens_is_not_broken() -> None:
    line = "a " * 30 + "ship-to-shore-and-back-again"
    assert "ship-to-shore-and-back-again" in fold_line(line).split("\n")


def test_lines_to_be_left_wait_and_the_others_are_folded() -> None:
    text = fold(f"{WORDS}\nSLOT {WORDS}", ("SLOT",))
    assert f"\nSLOT {WORDS.rstrip()}\n" in text
    assert not text.startswith(WORDS)


def test_no_more_than_two_blank_lines_follow_each_other() -> None:
    assert fold("\n\none\n \n\n\n\n\ntwo\n\n") == "one\n\n\ntwo\n"


# --- Style sheets ------------------------------------------------------------------------------

PAGE = """<!doctype html><html lang="en"><head><style>
.a { color: #123456; }
@media (prefers-color-scheme: dark) { .a { color: #FEDCBA !important; } }
</style></head><body><p class="a">Text &lt;b&gt; SLOT_address_00</p></body></html>"""


def test_rules_move_into_the_elements() -> None:
    assert '<p class="a" style="color: #123456;">' in inline(PAGE)


def test_the_dark_scheme_stays_with_the_classes_that_it_needs() -> None:
    page = inline(PAGE)
    assert "@media (prefers-color-scheme: dark)" in page
    assert "#FEDCBA !important" in page


def test_the_document_type_and_the_text_stay_as_they_are() -> None:
    page = inline(PAGE)
    assert page.lower().startswith("<!doctype html>")
    assert "Text &lt;b&gt; SLOT_address_00" in page


def test_a_style_sheet_elsewhere_is_not_fetched() -> None:
    # Nothing listens on port 1: an attempt would raise.
    link = '<link rel="stylesheet" href="http://127.0.0.1:1/site.css">'
    assert "Text" in inline(PAGE.replace("<style>", link + "<style>"))


def test_each_media_query_has_a_style_of_its_own_after_what_names_the_letters() -> None:
    narrow = "@media (max-width: 480px) { .a { margin: 0 !important; } .b { top: 0 } }"
    page = inline(PAGE.replace("<head>", "<head><meta charset=utf-8>").replace("@", f"{narrow}\n@"))
    head = page[page.index("<head>") : page.index("</head>")]
    first, narrowed, dark = head.split("<style>")
    assert first.startswith('<head><meta charset="utf-8">')
    assert narrowed == f"{narrow}</style>\n"
    assert dark.startswith("@media (prefers-color-scheme: dark)")


def test_a_page_without_media_queries_is_left_as_it_is() -> None:
    page = inline(
        PAGE.replace("@media (prefers-color-scheme: dark) { .a", ".a").replace("; } }", "; }")
    )
    assert "<style>" not in page
