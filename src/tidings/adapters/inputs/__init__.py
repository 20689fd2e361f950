"""Opens files that are no plain text: pages, feeds, documents, spreadsheets, calendars, mail.

Each becomes a text that `core.listings.parse` reads: pages stay pages, documents become text with
marks, tables CSV, and entries with names of their own JSON. The library of a format is imported
once a file of it is there; all but those for pages and mail are in the extra `inputs`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Final

from tidings.errors import FAULTS, InputRefused

_PAGES: Final = ("html", "htm", "xhtml")

# By ending the module of this package that opens such files, by its function `opened`.
_OPENED_BY: Final[Mapping[str, str]] = MappingProxyType(
    dict.fromkeys(_PAGES, "webpages")
    | dict.fromkeys(("mht", "mhtml", "eml"), "mail")
    | dict.fromkeys(("rss", "atom", "rdf", "xml"), "feeds")
    | {"docx": "documents", "xlsx": "spreadsheets", "ics": "calendars"}
)
_REFUSED: Final[Mapping[str, str]] = MappingProxyType(
    dict.fromkeys(("zip", "gz", "tgz", "tar", "7z", "rar", "bz2", "xz"), "unpack it first")
    | {"doc": "save it as .docx", "xls": "save it as .xlsx or .csv", "rtf": "save it as .docx"}
    | {"odt": "save it as .docx", "ods": "save it as .xlsx or .csv", "pdf": "save its text as .txt"}
)
_ARCHIVE: Final = b"PK\x03\x04"
_PAGE_BEGINS: Final = (
    b"<!doctype html",
    b"<html",
    b"<meta charset",
    b"version:0.9",
    b"version:1.0",
)


def ending_of(path: str) -> str:
    """The ending of a file's name, in small letters, without the dot; "" if it has none."""
    return path.rpartition("/")[2].rpartition(".")[2].lower() if "." in path else ""


def is_opened(path: str, data: bytes) -> bool:
    """Whether a file is of a format that has to be opened, or that nothing opens."""
    ending = ending_of(path)
    known = ending in _OPENED_BY or ending in _REFUSED
    return known or data.startswith(_ARCHIVE) or (ending in ("", "txt") and _is_page(data))


def _is_page(data: bytes) -> bool:
    """Whether a text without an ending of its own begins as only pages do: copied as HTML."""
    return data[:256].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_PAGE_BEGINS)


def opened(path: str, data: bytes, encoding: str | None = None) -> str:
    """The text of such a file for `parse`. `encoding` is what its source declares.

    Raises `InputRefused`, with what is wrong and what to do.
    """
    ending = ending_of(path)
    if ending in _REFUSED:
        raise InputRefused(f"files of the kind .{ending} are not read", _REFUSED[ending])
    name = _OPENED_BY.get(ending)
    if data.startswith(_ARCHIVE) and ending not in ("docx", "xlsx"):
        raise InputRefused("this is a zip archive, which is not read", "unpack it first")
    module = import_module(f"{__name__}.{name or 'webpages'}")
    open_: Callable[[bytes, str | None], str] = module.opened
    try:
        return open_(data, encoding)
    except ModuleNotFoundError as error:
        raise InputRefused(
            f"files of the kind .{ending} need the library {error.name}, which is not installed",
            "install it: pip install 'tidings[inputs]'",
        ) from error
    except (*FAULTS, RecursionError) as error:
        # Libraries raise what they like for what no program wrote.
        raise InputRefused("this file is damaged, and cannot be opened", "save it again") from error
