"""A message joined from a prepared variant says what rendering it for one person says."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.builders import mail_from
from tests.sampling import sampled
from tests.unit.core.digest_samples import (
    BOATS,
    PORTS,
    SENDER,
    ZONE,
    delivery,
    item,
    mail,
    parts,
    placed,
    read,
)
from tidings.adapters.templates import Templates
from tidings.core.corrections import cut
from tidings.core.mail.digest import prepare
from tidings.core.mail.message import NAME_LIMIT, clean, fold, inline
from tidings.model import Text

NEWS = mail(
    placed(item("lead", date(2021, 12, 10), "The boats went out at dawn. " * 20), BOATS),
    placed(item("second", None, "Ñandú & <b>=20 =\u200b</b>. .\n.\n" * 9), PORTS, BOATS),
    placed(item("fixed", None), BOATS, had=Text("News of fixes")),
)
SIGNED = (
    '{%% extends "default:digest/body.%s.j2" %%}{%% block signoff %%}%s'
    "Dear {{ slots.name }}, this goes to {{ slots.address }}; {{ slots.name }}, do read it all.%s"
    "{%% endblock %%}"
)


class Reading(HTMLParser):
    """Elements and text as a browser takes them, however they were escaped."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.events: list[tuple[object, ...]] = []
        self.feed(html.replace("\r\n", "\n").strip())
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.events.append((tag, *attrs))

    def handle_endtag(self, tag: str) -> None:
        self.events.append((f"/{tag}",))

    def handle_data(self, data: str) -> None:
        if self.events and self.events[-1][0] == "text":
            data = f"{self.events.pop()[1]}{data}"
        self.events.append(("text", data))


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    """Templates that greet people by name."""
    folder = tmp_path_factory.mktemp("templates")
    (folder / "digest").mkdir()
    place: Path = folder / "digest"
    (place / "body.txt.j2").write_text(SIGNED % ("txt", "\n", "\n"))
    (place / "body.html.j2").write_text(SIGNED % ("html", "<tr><td>\n", "\n</td></tr>"))
    return Templates(folder, "en", ZONE)


LOCAL = st.from_regex(r"[a-z0-9+=]{1,14}(\.[a-z0-9+=]{1,14}){0,3}", fullmatch=True)


@sampled(20, 200)
@given(name=st.text(max_size=120), local=LOCAL)
@example(name="Ana <b>Lima</b> & “sons”, = =20 =3D", local="ana")
@example(name=".", local="x")
@example(name="SLOT_name_0123456789abcdef", local="x")
@example(name="\\1 \\g<0> {{ slots.address }} {% raw %}", local="a=b")
@example(name="Ana\r\n.\r\nBcc: x@y.example", local="a" * 50)
def test_a_joined_message_reads_like_one_rendered_for_that_person(
    templates: Templates, name: str, local: str
) -> None:
    address = f"{local}@example.org"
    raw = prepare(NEWS, SENDER, templates.render).for_recipient(delivery(address, name))
    slots = {"address": address, "name": clean(name) or address}
    context = {
        "mail": NEWS,
        "site": NEWS.site,
        "sender": SENDER,
        "fields": slots,
        "slots": slots,
        "shared": False,
    }
    text, html = parts(raw)
    assert text == fold(templates.render("digest/body.txt.j2", context))
    direct = inline(templates.render("digest/body.html.j2", context))
    assert Reading(html).events == Reading(direct).events
    body = raw.split(b"\r\n\r\n", 1)[1]
    assert max(map(len, body.split(b"\r\n"))) <= 76
    message = read(raw)
    assert not message.defects
    assert not [part.defects for part in message.iter_parts() if part.defects]


# Settings refuse a sender whose name holds one of < and >.
SENDERS = st.text(max_size=80).map(lambda name: clean(re.sub("[<>]", "", name)))


@sampled(20, 200)
@given(sender=SENDERS, title=st.text(max_size=80), subject=st.text(max_size=110))
@example(sender='Pérez, Ana "la jefa"', title="Boletín, «Puerto»", subject="Más, de 100 = €")
@example(sender="A" * 80, title="=?utf-8?q?A?=", subject="x" * 110)
def test_headers_are_read_back_as_they_were_meant(
    templates: Templates, sender: str, title: str, subject: str
) -> None:
    news = replace(
        NEWS,
        digest=replace(NEWS.digest, title=title),
        edition=replace(NEWS.edition, subject=subject),
    )
    leave = "mailto:leave-" + "x" * 55 + "@news.example"
    desk = mail_from(sender, reply_to="editor@news.example", unsubscribe=leave)
    message = read(prepare(news, desk, templates.render).for_recipient(delivery(name="Núñez, Ana")))
    (author,) = message["From"].addresses
    assert author.addr_spec == "digest@news.example"
    # The library keeps a space between encoded words, which RFC 2047 §6.2 has readers drop.
    shown = author.display_name
    assert "".join(shown.split()) == "".join(cut(clean(sender), NAME_LIMIT).split())
    assert message["Subject"].split() == clean(subject).split()
    assert message["To"] == '"Núñez, Ana" <ana@example.org>'
    assert message["Reply-To"] == "editor@news.example"
    assert message["List-Id"].endswith("<weekly.news.example.org>")
    assert message["List-Unsubscribe"] == f"<{leave}>"
    assert message["Precedence"] == "bulk"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime == NEWS.edition.opened_at
    assert message["Message-ID"] == "<0123abcd@news.example>"
    assert not message.defects
