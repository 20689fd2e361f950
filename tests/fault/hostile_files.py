"""Files that were made to do harm: bombs, nests, floods, wrong encodings, entities from outside."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from email.message import EmailMessage

import docx
import openpyxl

LIMIT = 8 * 2**20  # the largest file that is read
_ENTITIES = (
    '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;">'
    '<!ENTITY e "&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;"><!ENTITY f "&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;">]>'
)
_OUTSIDE = '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
_RSS = '<rss version="2.0"><channel><title>x</title>{}</channel></rss>'
_ITEM = "<item><title>{}</title><link>https://a.example/</link></item>"


def _filled(unit: str, before: str = "", behind: str = "") -> bytes:
    """The unit again and again, up to the limit."""
    room = LIMIT - len(before) - len(behind)
    return (before + unit * (room // len(unit)) + behind).encode()


def _package(kind: str, part: str, data: bytes) -> bytes:
    """A document or spreadsheet in which one part is another."""
    whole = io.BytesIO()
    if kind == "docx":
        docx.Document().save(whole)
    else:
        book = openpyxl.Workbook()
        book.active.append(["Title", "Date"])
        book.save(whole)
    out = io.BytesIO()
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, data if name == part else old.read(name))
        if part not in old.namelist():
            new.writestr(part, data)
    return out.getvalue()


def _document(body: str, before: str = "") -> bytes:
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    text = f'{before}<w:document xmlns:w="{space}"><w:body>{body}</w:body></w:document>'
    return _package("docx", "word/document.xml", text.encode())


def _sheet(rows: str, before: str = "") -> bytes:
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    text = f'{before}<worksheet xmlns="{space}"><sheetData>{rows}</sheetData></worksheet>'
    return _package("xlsx", "xl/worksheets/sheet1.xml", text.encode())


def _mail(parts: int) -> bytes:
    mail = EmailMessage()
    mail.set_content("x")
    for _ in range(parts):
        mail.add_attachment("x", subtype="plain")
    return bytes(mail)


def _nested_mail() -> bytes:
    return b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n)
        for n in range(3000)
    )


def _cell(number: int) -> str:
    return f'<row r="{number}"><c r="A{number}"><v>{number}</v></c></row>'


_PARAGRAPH = "<w:p><w:r><w:t>x</w:t></w:r></w:p>"
_EVENT = "BEGIN:VEVENT\r\nUID:{0}\r\nDTSTART:20260101\r\nSUMMARY:x\r\n{1}END:VEVENT\r\n"
_CALENDAR = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{}END:VCALENDAR\r\n"

HOSTILE: Mapping[str, Callable[[], bytes]] = {
    "nest.html": lambda: b"<div>" * 200_000,
    "nest-inline.html": lambda: b"<b>" * 1_000_000,
    "flood.html": lambda: _filled("<li><a href='/1'>A title of news</a> 1 May 2026</li>", "<ul>"),
    "flood-small.html": lambda: b"<ul>" + b"<li><a href=1>A title</a> 1 May 2026" * 18_000,
    "flood-few.html": lambda: b"".join(b"<p class=c%d>A text %d" % (n, n) for n in range(40_000)),
    "siblings.html": lambda: b"<h2>A title here</h2>" + b"<p>A text of it.</p>" * 25_000,
    "attributes.html": lambda: b"<p " + b"a=b " * 2_000_000 + b">x</p>",
    "tags.html": lambda: b"<" * LIMIT,
    "script.html": lambda: b"<script>" * 1_000_000,
    "comment.html": lambda: b"<!--" * 2_000_000,
    "references.html": lambda: b"<p>" + b"&amp;" * 1_600_000,
    "text.html": lambda: b"<p>" + b"a " * 4_000_000,
    "dates.html": lambda: b"<ul>" + b"<li>1/2/2026 3/4/2026 5/6/2026</li>" * 15_000,
    "charset.html": lambda: b'<meta charset="utf-8"><p>' + b"\xff" * 100_000,
    "utf7.html": lambda: b'<meta charset="utf-7">+ADw-script+AD4-' * 10,
    "zeros.html": lambda: b"\0" * LIMIT,
    "entities.html": lambda: (_ENTITIES + "<ul><li>&f;&f;&f;</li></ul>").encode(),
    "entities.rss": lambda: (_ENTITIES + _RSS.format(_ITEM.format("&f;&f;"))).encode(),
    "outside.rss": lambda: (_OUTSIDE + _RSS.format(_ITEM.format("&x;"))).encode(),
    "outside.xml": lambda: b'<!DOCTYPE rss SYSTEM "file:///etc/passwd"><rss/>',
    "nest.rss": lambda: ("<rss><channel>" + "<item>" * 100_000).encode(),
    "flood.rss": lambda: _filled(_ITEM.format("x")),
    "large.rss": lambda: _RSS.format(_ITEM.format("x" * 2_000_000)).encode(),
    "markup.rss": lambda: _RSS.format(_ITEM.format("&lt;b&gt;" * 200_000)).encode(),
    "sitemap.xml": lambda: b"<urlset><url><loc>https://a.example/</loc></url></urlset>",
    "charset.rss": lambda: b'<?xml version="1.0" encoding="utf-8"?><rss>\xff\xfe</rss>',
    "bomb.docx": lambda: _document(_PARAGRAPH * 3_000_000),
    "many.docx": lambda: _document(_PARAGRAPH * 180_000),
    "nest.docx": lambda: _document("<w:p>" * 100_000),
    "entities.docx": lambda: _document("<w:p><w:r><w:t>&f;</w:t></w:r></w:p>", _ENTITIES),
    "outside.docx": lambda: _document("<w:p><w:r><w:t>&x;</w:t></w:r></w:p>", _OUTSIDE),
    "noise.docx": lambda: b"PK\x03\x04" + b"x" * 1000,
    "bomb.xlsx": lambda: _sheet("".join(map(_cell, range(1, 700_000)))),
    "many.xlsx": lambda: _sheet("".join(map(_cell, range(1, 110_000)))),
    "far.xlsx": lambda: _sheet('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'),
    "entities.xlsx": lambda: _sheet("<row><c><v>&f;</v></c></row>", _ENTITIES),
    "strings.xlsx": lambda: _package("xlsx", "xl/sharedStrings.xml", b"<sst>" + b"<si>" * 10**6),
    "many.ics": lambda: _CALENDAR.format(
        "".join(_EVENT.format(n, "") for n in range(30_000))
    ).encode(),
    "often.ics": lambda: _CALENDAR.format(
        _EVENT.format(1, "RRULE:FREQ=SECONDLY;COUNT=100000000\r\n")
    ).encode(),
    "never.ics": lambda: _CALENDAR.format(
        _EVENT.format(1, "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30\r\n")
    ).encode(),
    "nest.ics": lambda: b"BEGIN:VCALENDAR\r\n" * 4000,
    "long.ics": lambda: _CALENDAR.format("SUMMARY:" + "x" * 1_900_000 + "\r\n").encode(),
    "parts.eml": lambda: _mail(1000),
    "nest.eml": _nested_mail,
    "headers.eml": lambda: b"a: b\r\n" * 1_300_000,
    "nest.mhtml": _nested_mail,
    "bomb.zip": lambda: _package("docx", "x", b"0" * 50_000_000),
}  # fmt: skip
