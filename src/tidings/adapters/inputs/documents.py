"""Opens documents (.docx): headings, paragraphs, lists, tables and links, as text with marks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final
from zipfile import BadZipFile

from lxml import etree

from tidings.adapters.inputs.archives import checked
from tidings.errors import InputRefused

if TYPE_CHECKING:
    from docx.document import Document
    from docx.table import Table
    from docx.text.paragraph import Paragraph

_MOST_BLOCKS: Final = 5_000
_HEADINGS: Final = ("heading", "berschrift", "titre", "ttulo", "title")
_MARKS: Final = str.maketrans({mark: f"\\{mark}" for mark in "[]"})


def opened(data: bytes, _encoding: str | None = None) -> str:
    """The text of a document, with marks as markdown has them. Raises `InputRefused`."""
    archive = checked(data, "document")
    # Here, since hardly anybody has a document.
    import docx
    from docx.opc.exceptions import PackageNotFoundError

    try:
        document = docx.Document(archive)
        return "\n".join(_lines(document)).strip("\n") + "\n"
    except (PackageNotFoundError, BadZipFile, KeyError, ValueError, etree.XMLSyntaxError) as error:
        raise InputRefused("this is no document, or a damaged one", "save it again") from error


def _lines(document: Document) -> Iterator[str]:
    from docx.table import Table

    names = {str(style.style_id): str(style.name or "") for style in document.styles}
    before = ""
    for number, block in enumerate(document.iter_inner_content()):
        if number > _MOST_BLOCKS:
            raise InputRefused("this document has too many paragraphs", "save a shorter one")
        if isinstance(block, Table):
            yield ""
            yield from _rows(block)
            before = ""
            continue
        kind, text = _kind(block, names), _text(block)
        if not text:
            yield ""
            before = ""
            continue
        # Items of a list stand together; all else has a blank line above.
        if not (kind == before == "- "):
            yield ""
        yield f"{kind}{text}"
        before = kind


def _kind(paragraph: Paragraph, names: Mapping[str, str]) -> str:
    """The mark of a paragraph, by its style: of a heading, of an item of a list, or none. `names`
    are those of styles, by what the file calls them."""
    identity = str(paragraph._p.style or "")  # noqa: SLF001 - the library looks it up each time
    name = names.get(identity, "")
    for told in (identity, name):
        if told.lower().startswith(_HEADINGS):
            level = next((int(sign) for sign in told if sign.isdigit()), 1)
            return "#" * min(max(level, 1), 6) + " "
    properties = paragraph._p.pPr  # noqa: SLF001 - the library has no other way
    listed = properties is not None and properties.numPr is not None
    return "- " if listed or name.lower().startswith("list") else ""


def _text(paragraph: Paragraph) -> str:
    """A paragraph on one line, its links with their addresses."""
    parts = []
    for piece in paragraph.iter_inner_content():
        text = str(piece.text)
        address = str(getattr(piece, "address", "") or "")
        if address.startswith(("http://", "https://")) and text.strip():
            parts.append(f"[{text.strip().translate(_MARKS)}]({address.replace(' ', '%20')})")
        else:
            parts.append(text)
    return " ".join("".join(parts).split())


def _rows(table: Table) -> Iterator[str]:
    """The rows of a table, parted by tabs, as a spreadsheet copies them."""
    for row in table.rows:
        cells: list[Any] = []
        for cell in row.cells:
            if not cells or cells[-1]._tc is not cell._tc:  # noqa: SLF001 - merged ones come twice
                cells.append(cell)
        texts = [" ".join(_text(each) for each in cell.paragraphs) for cell in cells]
        yield "\t".join(" ".join(text.split()) for text in texts)
