"""Files that are no plain text become texts, or are refused with a remedy."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from datetime import date, datetime
from email.message import EmailMessage
from pathlib import Path

import docx
import openpyxl
import pytest

from tidings.adapters import inputs
from tidings.adapters.seeds import Formats, SeedFolder
from tidings.core.listings import Reading, parse
from tidings.errors import InputRefused
from tidings.model import Image, ReadError, SeedText, Text

RSS = """<?xml version="1.0"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
  xmlns:media="http://search.yahoo.com/mrss/"><channel><title>Desk</title>
<link>https://news.example.org/</link>
<item><title>Bees &amp; hedges</title><link>https://news.example.org/bees</link>
<guid isPermaLink="false">n1</guid><pubDate>Mon, 04 May 2026 23:30:00 -0600</pubDate>
<category>Nature</category>
<content:encoded><![CDATA[<p>A <b>day</b> out.<script>alert(1)</script></p><p>Come.</p>
<img src="/bee.jpg" alt="A bee" onerror="x()">]]></content:encoded></item>
<item><title>Oaks</title><link>/oaks</link><description>Four hundred.</description>
<enclosure url="https://news.example.org/oak.png" type="image/png" length="1"/></item>
</channel></rss>"""

ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>Desk</title>
<entry><title type="html">A &lt;i&gt;fair&lt;/i&gt;</title><id>urn:1</id>
<link href="https://news.example.org/fair"/><published>2026-05-04T10:00:00Z</published>
<updated>2026-05-09T10:00:00Z</updated><summary>It opens.</summary></entry></feed>"""

CALENDAR = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//x//x//EN
BEGIN:VEVENT
UID:1@example.org
DTSTART;TZID=Europe/Berlin:20260501T193000
SUMMARY:Council meets
LOCATION:Town hall
RRULE:FREQ=WEEKLY;COUNT=4
EXDATE;TZID=Europe/Berlin:20260508T193000
END:VEVENT
BEGIN:VEVENT
UID:1@example.org
RECURRENCE-ID;TZID=Europe/Berlin:20260515T193000
DTSTART;TZID=Europe/Berlin:20260516T193000
SUMMARY:Council meets on Saturday
END:VEVENT
BEGIN:VEVENT
UID:2@example.org
DTSTART;VALUE=DATE:20260601
DTEND;VALUE=DATE:20260603
SUMMARY:Fair
URL:https://news.example.org/fair
END:VEVENT
BEGIN:VEVENT
UID:3@example.org
DTSTART;VALUE=DATE:20260601
SUMMARY:Called off
STATUS:CANCELLED
END:VEVENT
END:VCALENDAR
""".replace("\n", "\r\n")


def read(name: str, data: bytes) -> Reading:
    return parse(inputs.opened(name, data), name)


def texts(reading: Reading) -> list[Text]:
    return [listing.text for listing in reading.listings]


def document() -> bytes:
    made = docx.Document()
    made.add_heading("News", 1)
    for number in (3, 2, 1):
        made.add_heading(f"The harbour opens gate {number}", 2)
        made.add_paragraph(f"{number} May 2026")
        made.add_paragraph("All who live nearby may come and see it for themselves on that day.")
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def spreadsheet() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append([])
    sheet.append(["Title", "Date", "Summary", "Link"])
    sheet.append(["Gate one", date(2026, 5, 1), "Opens.", "https://news.example.org/1"])
    sheet.append(["Gate two", datetime(2026, 5, 2, 10), None, None])  # noqa: DTZ001 - as spreadsheets have it
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def zipped(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return out.getvalue()


def test_a_feed_gives_entries_with_days_addresses_texts_and_pictures() -> None:
    first, second = texts(read("a.rss", RSS.encode()))
    bee = Image("https://news.example.org/bee.jpg", "A bee")
    assert first == Text(
        "Bees & hedges", "A day out. Come.", date(2026, 5, 4), "https://news.example.org/bees",
        "Nature", bee,
    )  # fmt: skip
    assert second.url == "https://news.example.org/oaks"
    assert second.image == Image("https://news.example.org/oak.png")


def test_a_feed_says_by_what_it_knows_its_entries() -> None:
    guids = [listing.guid for listing in read("a.xml", RSS.encode()).listings]
    assert guids == ["n1", "https://news.example.org/oaks"]


def test_an_entry_of_atom_is_of_the_day_on_which_it_was_published() -> None:
    (entry,) = texts(read("a.atom", ATOM.encode()))
    assert (entry.title, entry.date, entry.summary) == ("A fair", date(2026, 5, 4), "It opens.")


def test_what_two_entries_share_tells_neither() -> None:
    twice = RSS.replace("<link>/oaks</link>", '<guid isPermaLink="false">n1</guid>')
    assert [listing.guid for listing in read("a.rss", twice.encode()).listings] == ["", ""]


def test_a_document_is_read_like_text_with_headings() -> None:
    reading = read("a.docx", document())
    assert [(text.title, text.date) for text in texts(reading)] == [
        (f"The harbour opens gate {number}", date(2026, 5, number)) for number in (3, 2, 1)
    ]
    assert all(text.summary.startswith("All who live") for text in texts(reading))


def test_a_spreadsheet_is_read_like_a_table() -> None:
    first, second = texts(read("a.xlsx", spreadsheet()))
    assert first == Text("Gate one", "Opens.", date(2026, 5, 1), "https://news.example.org/1")
    assert (second.title, second.date) == ("Gate two", date(2026, 5, 2))


def test_a_calendar_gives_an_entry_for_each_day_of_an_event() -> None:
    found = [(text.title, text.date) for text in texts(read("a.ics", CALENDAR.encode()))]
    assert found == [
        ("Council meets", date(2026, 5, 1)),
        ("Council meets", date(2026, 5, 22)),
        ("Council meets on Saturday", date(2026, 5, 16)),
        ("Fair", date(2026, 6, 1)),
    ]


def test_an_event_without_an_end_is_read_for_a_hundred_times() -> None:
    endless = CALENDAR.replace(";COUNT=4", "")
    assert len(read("a.ics", endless.encode()).listings) <= 103


def test_a_mail_is_read_as_its_page_or_else_its_text() -> None:
    mail = EmailMessage()
    lines = "\n".join(f"{n} May 2026\nThe harbour opens gate {n}\n" for n in (3, 2, 1))
    mail.set_content(lines)
    plain = read("a.eml", bytes(mail))
    items = "".join(
        f"<li><a href='https://news.example.org/{n}'>The harbour opens gate {n}</a>"
        f" <time datetime='2026-05-0{n}'>{n} May</time></li>"
        for n in (3, 2, 1)
    )
    mail.add_alternative(f"<html><body><ul class='news'>{items}</ul></body></html>", subtype="html")
    rich = read("a.eml", bytes(mail))
    days = [date(2026, 5, number) for number in (3, 2, 1)]
    assert [text.date for text in texts(plain)] == days
    assert [(text.date, text.url) for text in texts(rich)] == [
        (day, f"https://news.example.org/{day.day}") for day in days
    ]


@pytest.mark.parametrize("name", ["a.zip", "a.txt", "a.csv", "a.html", "a.ZIP"])
def test_an_archive_is_refused_whatever_its_name(name: str) -> None:
    data = zipped(**{"a.txt": b"News"})
    assert inputs.is_opened(name, data)
    with pytest.raises(InputRefused, match="unpack it first"):
        inputs.opened(name, data)


@pytest.mark.parametrize("name", ["a.pdf", "a.doc", "a.xls", "a.odt"])
def test_other_formats_are_refused_with_what_to_save_instead(name: str) -> None:
    with pytest.raises(InputRefused, match="save"):
        inputs.opened(name, b"%PDF")


def test_what_is_refused_is_a_problem_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"no spreadsheet")
    (tmp_path / "b.txt").write_text("News", encoding="utf-8")
    formats = Formats(inputs.is_opened, inputs.opened)
    box = SeedFolder(tmp_path, ["*"], file_limit=1000, line_limit=1000, formats=formats)
    refused, fine = box.read("a.xlsx"), box.read("b.txt")
    assert isinstance(refused, ReadError)
    assert refused.problem.message == "this is no spreadsheet, or a damaged one"
    assert isinstance(fine, SeedText)
    assert fine.text == "News"


@pytest.mark.parametrize(
    ("page", "word"),
    [
        (b'<meta charset="windows-1251">\xcd\xee\xe2\xee\xf1\xf2\xe8', "Новости"),
        (b'<meta charset="iso-8859-1">caf\xe9 \x93x\x94', "café “x”"),
        (b'<meta http-equiv=x content="text/html; charset=gb2312">\xd0\xc2\xce\xc5', "新闻"),
        (b"\xef\xbb\xbfcaf\xc3\xa9", "café"),
        ("news café".encode("utf-16"), "café"),
        (b"caf\xc3\xa9", "café"),
        (b'<html lang="fr">caf\xe9', "café"),
        (b'<html lang="ru">\xcd\xee\xe2\xee', "Ново"),
        (b'<meta charset="utf-16">caf\xc3\xa9', "café"),
    ],
)  # fmt: skip
def test_a_page_is_in_the_encoding_that_it_says(page: bytes, word: str) -> None:
    assert word in inputs.opened("a.html", page)


@pytest.mark.parametrize("page", [b"caf\xe9", b'<meta charset="utf-8">' + b"caf\xe9 " * 90])
def test_a_page_in_no_encoding_that_it_says_is_refused(page: bytes) -> None:
    with pytest.raises(InputRefused, match="UTF-8"):
        inputs.opened("a.html", page)


def test_no_library_is_loaded_before_a_file_of_its_kind_is_there(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("1 May 2026\nNews\n", encoding="utf-8")
    code = (
        "import sys; from tidings.adapters import inputs; import tidings.entrypoints.cli.parse;"
        "from tidings.core.listings import parse; parse('1 May 2026\\nNews\\n', 'a.txt');"
        "inputs.is_opened('a.txt', b'x');"
        "print([n for n in ('feedparser','docx','openpyxl','icalendar','nh3','lxml')"
        " if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("name", "library", "data"),
    [
        ("a.rss", "feedparser", RSS.encode()),
        ("a.docx", "docx", document()),
        ("a.xlsx", "openpyxl", spreadsheet()),
        ("a.ics", "icalendar", CALENDAR.encode()),
    ],
)
def test_a_library_that_is_not_installed_is_named_with_the_remedy(
    name: str, library: str, data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(InputRefused, match=r"pip install 'tidings\[inputs\]'"):
        inputs.opened(name, data)


def test_a_json_feed_says_by_what_it_knows_its_entries_and_other_json_does_not() -> None:
    entry = '{"id": "7", "title": "Oaks", "date_published": "2026-05-04T10:00:00Z"}'
    feed = f'{{"version": "https://jsonfeed.org/version/1.1", "items": [{entry}]}}'
    assert [one.guid for one in parse(feed, "a.json").listings] == ["7"]
    assert [one.guid for one in parse(f"[{entry}]", "a.json").listings] == [""]
