"""Opens web pages: which encoding the bytes of a page are in, by the rules of HTML.

A byte order mark counts first, then what the page declares in its first 1024 bytes (HTML Living
Standard, 13.2.3.2), then UTF-8 if it is that, then the encoding that its language usually has.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from tidings.errors import InputRefused

_PRESCANNED: Final = 1024
_DECLARED = re.compile(
    rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([a-z0-9_:.-]{2,40})"
    rb"|<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([a-z0-9_:.-]{2,40})",
    re.IGNORECASE,
)
_LANGUAGE = re.compile(rb"<html[^>]{0,300}?\slang\s*=\s*[\"']?([a-z]{2,3})", re.IGNORECASE)
# Labels that mean another encoding than their name says (Encoding Standard, 4.2).
_MEANT: Final[Mapping[str, str]] = MappingProxyType({
    "iso8859-1": "cp1252", "ascii": "cp1252", "iso8859-9": "cp1254", "iso8859-11": "cp874",
    "tis-620": "cp874", "gb2312": "gb18030", "gbk": "gb18030", "euc_kr": "cp949",
    "shift_jis": "cp932", "big5": "big5hkscs", "utf-16": "utf-8", "utf-16-le": "utf-8",
    "utf-16-be": "utf-8", "utf-7": "cp1252",
})  # fmt: skip
# What pages that declare nothing are in, by their language (13.2.3.2, the table of step 9).
_BY_LANGUAGE: Final[Mapping[str, str]] = MappingProxyType({
    "ar": "cp1256", "fa": "cp1256", "be": "cp1251", "bg": "cp1251", "ky": "cp1251", "mk": "cp1251",
    "ru": "cp1251", "sr": "cp1251", "tg": "cp1251", "uk": "cp1251", "cs": "cp1250", "hr": "cp1250",
    "sk": "cp1250", "sl": "iso8859-2", "pl": "iso8859-2", "hu": "iso8859-2", "el": "iso8859-7",
    "et": "cp1257", "lt": "cp1257", "lv": "cp1257", "he": "cp1255", "tr": "cp1254", "ku": "cp1254",
    "ja": "cp932", "ko": "cp949", "th": "cp874", "vi": "cp1258",
    **dict.fromkeys(("da", "de", "en", "es", "fi", "fr", "is", "it", "nb", "nl", "no", "pt", "sv",
                     "ca", "gl", "eu", "ga"), "cp1252"),
})  # fmt: skip
_MOST_LOST: Final = (
    0.001  # share of signs that cannot be decoded, beyond which it is another encoding
)


def opened(data: bytes, encoding: str | None = None) -> str:
    """The text of a page. Raises `InputRefused` if its encoding cannot be told."""
    if data.startswith(codecs.BOM_UTF8):
        return _decoded(data.removeprefix(codecs.BOM_UTF8), "utf-8")
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _decoded(data, "utf-16")
    if b"\0" in data[:4096]:
        raise InputRefused("this is no web page: there are NUL bytes in it", "save the page again")
    declared = _declared(data)
    if declared:
        return _decoded(data, declared)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    language = _LANGUAGE.search(data[:4096])
    usual = _BY_LANGUAGE.get(language[1].decode("ascii").lower()) if language else None
    if encoding or usual:
        return _decoded(data, encoding or usual or "")
    raise InputRefused(
        "this page is not UTF-8, and does not say what it is in",
        "save it as UTF-8, or set `encoding` for its source",
    )


def _declared(data: bytes) -> str | None:
    """The codec that a page declares, None if it declares none that there is."""
    found = _DECLARED.search(data[:_PRESCANNED])
    if found is None:
        return None
    try:
        name = codecs.lookup((found[1] or found[2]).decode("ascii")).name
    except LookupError:
        return None
    meant = _MEANT.get(name, name)
    return meant if codecs.lookup(meant)._is_text_encoding else None  # noqa: SLF001 - no other way


def _decoded(data: bytes, name: str) -> str:
    text = data.decode(name, errors="replace")
    lost = text.count("\ufffd")
    if lost > max(1, _MOST_LOST * len(text)):
        raise InputRefused(
            f"this page says that it is in {name}, and is not", "save it again as UTF-8"
        )
    return text
