"""`tidings check` has templates make mail of every kind: no branch is left for a reader to find."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pressroom import Pressroom
from tests.sampling import spread
from tidings.entrypoints.examination import examine


def found(room: Pressroom, **files: str) -> list[str]:
    """What `check` finds with these templates, by their names without endings."""
    for name, text in files.items():
        room.write(f"templates/digest/{name}.j2", text)
    told = examine(room.root, {}).of("problem")
    return [f"{each.path}:{each.line}: {each.message}" for each in told]


BRANCHES = [
    "{% for each in mail.corrected %}{{ each.titel }}{% endfor %}",
    "{% for each in mail.corrected if each.retraction %}{{ each.titel }}{% endfor %}",
    "{% if mail.left_out %}{{ mail.titel }}{% endif %}",
    "{% if mail.corrections_left_out %}{{ mail.titel }}{% endif %}",
    "{% if mail.follows %}{{ mail.titel }}{% endif %}",
    "{% if not mail.web %}{{ mail.titel }}{% endif %}",
    "{% if not mail.lead %}{{ mail.titel }}{% endif %}",
    "{% if mail.specimen %}{{ mail.titel }}{% endif %}",
    "{% if shared %}{{ mail.titel }}{% endif %}",
    "{% if sender.service_url %}{{ mail.titel }}{% endif %}",
    # No sample mail has these.
    "{% if mail.total > 900 %}{{ mail.titel }}{% endif %}",
    "{% if 1 > 2 %}a{% elif mail.total > 900 %}{{ mail.titel }}{% endif %}",
    "{% if mail.total < 900 %}a{% else %}{{ mail.titel }}{% endif %}",
    "{% if mail.total > 900 %}{% if mail.total > 901 %}{{ mail.titel }}{% endif %}{% endif %}",
    "{% if language == 'fr' %}{{ mail.titel }}{% endif %}",
    "{% if mail.total > 900 and mail.titel %}a{% endif %}",
    "{% if mail.total > 900 %}{{ titel }}{% endif %}",
    "{% if mail.total > 900 %}{{ titel|upper }}{% endif %}",
    "{% macro m(a) %}{% if a %}{{ mail.titel }}{% endif %}{% endmacro %}{{ m(0) }}",
    "{% for each in [] %}{{ titel }}{% endfor %}",
]
# What a branch may ask for, and what no branch may lack.
PERMITTED = [
    "{% if mail.lead %}{{ mail.lead.title }}{% endif %}",
    "{% if mail.lead_topic %}{{ mail.lead_topic.title|upper }}{% endif %}",
    "{% for a in mail.corrected if a.had_day %}{{ a.had_day|long_date }}{% endfor %}",
    "{% if mine is defined %}{{ mine }}{% endif %}",
    "{{ yours|default('') }}",
    "{% set ours = 1 %}{% if mail.total > 900 %}{{ ours + 1 }}{% endif %}",
    "{% if mail.total > 900 %}{{ mail.web.split('/')[0] }}{% endif %}",
    "{{ slots.leave }}{{ fields.choices }}{{ site.title }}{{ sender.name }}",
    "{{ _('Topics') }}{{ ngettext('%(num)d item', '%(num)d items', mail.total) }}",
]


def test_an_undefined_name_in_whatever_branch_is_named_with_its_line(room: Pressroom) -> None:
    names = [f"titel_{at}_" for at in range(len(BRANCHES))]
    lines = [line.replace("titel", name) for line, name in zip(BRANCHES, names, strict=True)]
    told = found(room, **{"body.txt": "\n".join(lines)})
    assert len(told) == len(BRANCHES)
    for number, name in enumerate(names, start=1):
        place = f"templates/digest/body.txt.j2:{number}: "
        assert [name in each for each in told if each.startswith(place)] == [True]


@pytest.mark.parametrize("branch", spread(BRANCHES, 2))
def test_an_undefined_name_alone_in_its_template_is_named_with_its_line(
    room: Pressroom, branch: str
) -> None:
    (told,) = found(room, **{"body.txt": f"A line.\n{branch}\n"})
    assert told.startswith("templates/digest/body.txt.j2:2: ")
    assert "titel" in told


@pytest.mark.parametrize("name", ["subject.txt", "body.html"])
def test_so_it_is_in_the_other_parts_of_a_mail(room: Pressroom, name: str) -> None:
    (told,) = found(room, **{name: "<p>{% if 1 > 2 %}{{ titel }}{% endif %}</p>\n"})
    assert told == f"templates/digest/{name}.j2:1: 'titel' is undefined"


def test_what_a_condition_is_for_is_no_fault(room: Pressroom) -> None:
    assert found(room, **{"body.txt": "\n".join(PERMITTED)}) == []


@pytest.mark.slow
@pytest.mark.parametrize("text", PERMITTED)
def test_it_is_none_where_it_stands_alone(room: Pressroom, text: str) -> None:
    assert found(room, **{"body.txt": f"{text}\n"}) == []


def test_the_packaged_templates_in_an_instance_of_its_own_have_nothing_to_find(
    room: Pressroom,
) -> None:
    packaged = Path(__file__).parents[4] / "src/tidings/templates"
    for place in packaged.rglob("*.j2"):
        name = place.relative_to(packaged)
        room.write(f"templates/{name}", place.read_text(encoding="utf-8"))
    assert found(room) == []


def test_a_page_that_uses_an_undefined_name_is_named(room: Pressroom) -> None:
    room.write("templates/site/item.html.j2", "{% if false %}{{ titel }}{% endif %}\n")
    assert found(room) == ["templates/site/item.html.j2:1: 'titel' is undefined"]
