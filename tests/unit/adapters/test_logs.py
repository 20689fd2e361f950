"""No log line gives an address away."""

from __future__ import annotations

import pytest

from tidings.adapters.logs import masked


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ana@example.org", "a***@example.org"),
        ("a@example.org", "a***@example.org"),
        ("zoë.b+news@example.org", "z***@example.org"),
        ("550 5.1.1 <luis@example.org>: unknown", "550 5.1.1 <l***@example.org>: unknown"),
        ("to:ana@example.org,eva@example.org;", "to:a***@example.org,e***@example.org;"),
        ('"ana maria"@example.org', "a***@example.org"),
        (
            "outbox/weekly/1/3-ana@example.org.eml: full",
            "outbox/weekly/1/3***@example.org.eml: full",
        ),
        ("x" * 500 + "@example.org", "x***@example.org"),
        ("no address @ all", "no address @ all"),
    ],
)
def test_every_address_in_a_text_is_masked(text: str, shown: str) -> None:
    assert masked(text) == shown
