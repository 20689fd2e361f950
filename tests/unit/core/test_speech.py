"""Languages that the configuration asks for."""

from __future__ import annotations

import pytest

from tidings.core.settings.reading import Plain
from tidings.core.settings.speech import unspoken

KNOWN = ("en", "es", "fr")


def files(site: Plain = "en", digest: Plain = "es", person: Plain = "fr") -> dict[str, Plain]:
    return {
        "tidings.yaml": {"site": {"language": site}},
        "digests.yaml": {"digests": {"weekly": {"language": digest}, "daily": {}}},
        "recipients.yaml": {"lists": {"staff": ["ana@example.org", {"language": person}]}},
    }


def test_languages_with_words_and_their_regions_are_no_fault() -> None:
    assert list(unspoken(files("en-US", "es-CR", "FR"), KNOWN)) == []


def test_each_language_without_words_is_named_in_its_place_with_the_remedy() -> None:
    faults = list(unspoken(files("enn", "sp", "de"), KNOWN))
    assert [(fault.file, fault.path) for fault in faults] == [
        ("tidings.yaml", ("site", "language")),
        ("digests.yaml", ("digests", "weekly", "language")),
        ("recipients.yaml", ("lists", "staff", 1, "language")),
    ]
    assert 'did you mean "en"?' in faults[0].hint
    assert "templates/locale/de.po" in faults[2].hint


@pytest.mark.parametrize("plain", [None, "x", ["x"], {"site": None}, {"lists": {"a": None}}])
def test_what_is_no_mapping_is_left_to_others(plain: Plain) -> None:
    names = ("tidings.yaml", "digests.yaml", "recipients.yaml")
    assert list(unspoken(dict.fromkeys(names, plain), KNOWN)) == []
