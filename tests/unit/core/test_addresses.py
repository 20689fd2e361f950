"""A link leads where people read that it leads, wherever it was taken from."""

from __future__ import annotations

import pytest

from tidings.adapters.templates import safe_url
from tidings.core.addresses import web_address
from tidings.core.listings import Hints, parse
from tidings.core.settings.values import InvalidValue, check_site_url, check_web_address

DECEIVING = (
    "https://bank.example@evil.example/",
    "https://bank.example:443@evil.example/",
    "https://@evil.example/",
    "https://bank.example%2f@evil.example/a",
    "https://evil.example\\@bank.example/",
    "https:\\\\evil.example/",
    "https://bank.example/\\evil.example",
    "\\\\evil.example\\share",
    " https://bank.example@evil.example/ ",
    "ftp://bank.example@evil.example/",
)
HONEST = (
    "https://bank.example/",
    "https://bank.example/@ana/posts?to=a@b.example",
    "https://bank.example:8443/a%5cb",
    "http://[2001:db8::1]/",
)


@pytest.mark.parametrize("address", DECEIVING)
def test_a_link_that_deceives_is_taken_from_nowhere(address: str) -> None:
    assert web_address(address) == safe_url(address) == ""
    for check in (check_site_url, check_web_address):
        with pytest.raises(InvalidValue):
            check(address)
    table = f"date,title,summary,url\n2026-01-02,One,First of all.,{address}\n"
    text = f"2 January 2026\n\n[One thing happens]({address.strip()})\n\nFirst of all of them.\n"
    for name, listing in (("a.csv", table), ("b.txt", text), ("c.md", text)):
        found = parse(listing, name, hints=Hints()).listings
        assert [each.text.url for each in found] == [None] * len(found), name


@pytest.mark.parametrize("address", HONEST)
def test_an_honest_link_stays(address: str) -> None:
    assert web_address(address) == safe_url(address) == address
    assert check_web_address(address) == address
    table = f"date,title,summary,url\n2026-01-02,One,First of all.,{address}\n"
    [found] = parse(table, "a.csv", hints=Hints()).listings
    assert found.text.url == address


def test_an_address_of_a_mailbox_is_no_deceit() -> None:
    assert safe_url("mailto:ana@example.org") == "mailto:ana@example.org"
