"""Every documented block, filled with a paragraph, lands where its name says: in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.builders import SITE
from tests.chromium import CHROMIUM, Tab, opened
from tests.sampling import spread
from tests.unit.adapters.test_templates import site
from tests.unit.core.digest_samples import SENDER, delivery, parts
from tests.unit.core.mail.test_personalise import EVERYTHING
from tidings.adapters.templates import Templates
from tidings.core.mail.digest import prepare
from tidings.core.mail.message import fold
from tidings.core.pages.site import service_page

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")

ZONE = ZoneInfo("Europe/Lisbon")
PARAGRAPH = '<p id="mine">Mine, and nobody else\'s.</p>'
# Where a block stands: what ends above it, and what begins below it.
PAGE = {"masthead": ("", "main"), "signoff": ("main", "footer"), "footer": ("main", "")}
MAIL = {
    "masthead": ("", "#lead"),
    "signoff": ("#last", "p.foot"),
    "footer": ("#last", ""),
}
LOOK = """(() => {
  const box = selector => document.querySelector(selector)?.getBoundingClientRect();
  const mine = box("#mine");
  if (!mine || !mine.height) return "is not to be seen";
  const above = %s, below = %s;
  if (above && box(above).bottom > mine.top + 1) return "stands above " + above;
  if (below && box(below).top < mine.bottom - 1) return "stands below " + below;
  if (mine.left < 0 || mine.right > innerWidth) return "stands beside the page";
  return "";
})()"""


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    with opened(tmp_path_factory.mktemp("profile")) as tab:
        tab.look(700)
        yield tab


def filled(folder: Path, name: str, block: str, text: str = PARAGRAPH) -> Templates:
    """Templates of which one block is filled."""
    file = folder / "templates" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    keep = "{{ super() }}" if block == "masthead" else ""
    file.write_text(
        f'{{% extends "default:{name}" %}}\n{{% block {block} %}}\n{text}{keep}\n{{% endblock %}}\n'
    )
    made = Templates(folder / "templates", "en", ZONE)
    assert made.check() == ()
    return made


def where(tab: Tab, folder: Path, html: str, above: str, below: str) -> str:
    """What is wrong with where the paragraph stands; nothing if it is in its place."""
    page = folder / "page.html"
    stays = re.sub(r'<meta http-equiv="refresh"[^>]*>', "", html)
    page.write_text(stays, encoding="utf-8")
    tab.go(page.as_uri())
    quoted = (f'"{each}"' if each else "null" for each in (above, below))
    return str(tab.run(LOOK % tuple(quoted)))


def answers(templates: Templates) -> Iterator[tuple[str, str]]:
    """Pages of the service."""
    page = service_page(SITE, "https://example.org/", "desk@example.org")
    for name in ("missing", "later", "limited", "broken", "misused"):
        yield name, templates.render(f"web/{name}.html.j2", {"page": page}, "en")


@pytest.mark.parametrize("block", spread(PAGE, 1))
def test_a_block_of_the_frame_means_the_same_on_every_page(
    tab: Tab, tmp_path: Path, block: str
) -> None:
    templates = filled(tmp_path, "site/base.html.j2", block)
    pages = [(name, templates.render(name, {"page": page})) for name, page in site()]
    faults = {
        name: where(tab, tmp_path, html, *PAGE[block])
        for name, html in [*pages, *answers(templates)]
    }
    assert set(faults.values()) == {""}, faults


def test_a_style_sheet_of_ones_own_comes_last_on_every_page(tmp_path: Path) -> None:
    link = '<link rel="stylesheet" href="mine.css">'
    templates = filled(tmp_path, "site/base.html.j2", "head_extra", link)
    pages = [(name, templates.render(name, {"page": page})) for name, page in site()]
    for name, html in [*pages, *answers(templates)]:
        sheets = re.findall(r'<link rel="stylesheet" href="([^"]+)">', html.partition("<body")[0])
        assert sheets[-1] == "mine.css", name


@pytest.mark.parametrize("block", MAIL)
def test_a_block_of_a_mail_stands_where_that_of_a_page_does(
    tab: Tab, tmp_path: Path, block: str
) -> None:
    templates = filled(tmp_path, "digest/body.html.j2", block)
    prepared = prepare(EVERYTHING, SENDER, templates.render)
    html = _html(prepared.for_recipient(delivery()))
    assert where(tab, tmp_path, html, *MAIL[block]) == ""


@pytest.mark.parametrize("row", ["<tr><td>{}</td></tr>", "\n<tr>\n<td>{}</td>\n</tr>\n"])
def test_a_sign_off_that_brings_its_own_row_stays_where_it_was(
    tab: Tab, tmp_path: Path, row: str
) -> None:
    templates = filled(tmp_path, "digest/body.html.j2", "signoff", row.format(PARAGRAPH))
    html = _html(prepare(EVERYTHING, SENDER, templates.render).for_recipient(delivery()))
    assert where(tab, tmp_path, html, *MAIL["signoff"]) == ""


@pytest.mark.parametrize("text", ["Yours,\nthe desk", "\nYours,\nthe desk\n\n"])
def test_a_sign_off_is_the_last_of_the_text_before_the_footer(tmp_path: Path, text: str) -> None:
    templates = filled(tmp_path, "digest/body.txt.j2", "signoff", text)
    said = fold(templates.render("digest/body.txt.j2", _context()))
    before, _, footer = said.rpartition("_" * 72)
    assert before.rstrip().endswith("Yours,\nthe desk")
    assert "You get this because" in footer


@pytest.mark.parametrize(
    ("block", "above", "below"),
    [("content", "", "p.foot"), ("signoff", "h1", ".foot"), ("footer", "h1", "")],
)
def test_the_mail_that_asks_for_a_confirmation_has_them_too(
    tab: Tab, tmp_path: Path, block: str, above: str, below: str
) -> None:
    context = {
        "site": SITE,
        "digest": EVERYTHING.digest,
        "sender": SENDER,
        "topics": (),
        "link": "https://example.org/confirm/1",
        "never": "https://example.org/never/1",
        "address": "ana@example.org",
    }
    templates = filled(tmp_path, "mail/confirm.html.j2", block)
    html = templates.render("mail/confirm.html.j2", context)
    assert where(tab, tmp_path, html, above, below) == ""
    text = filled(tmp_path, "mail/confirm.txt.j2", block, "Mine").render(
        "mail/confirm.txt.j2", context
    )
    assert "\nMine\n" in f"\n{text}\n"


def _context() -> dict[str, object]:
    slots = dict.fromkeys(("address", "name", "leave", "choices"), "x")
    return {
        "site": EVERYTHING.site,
        "sender": SENDER,
        "fields": slots,
        "slots": slots,
        "shared": False,
        "mail": EVERYTHING,
    }


def _html(message: bytes) -> str:
    """The HTML part, its lead and its last item marked for the test to find."""

    html = parts(message)[1]
    heads = list(re.finditer(r"<h[23](?= class=\"(?:front|headline))", html))
    assert len(heads) > 1
    last, lead = heads[-1], heads[0]
    html = f"{html[: last.end()]} id='last'{html[last.end() :]}"
    return f"{html[: lead.end()]} id='lead'{html[lead.end() :]}"
