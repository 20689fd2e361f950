"""The form in which mail addresses are compared: one mailbox, one key.

It stands alone, since people, choices and deliveries are all compared by it.
"""

from __future__ import annotations

import re
import unicodedata

import idna

# What shows nothing besides Unicode's formats (category Cf): Default_Ignorable_Code_Point.
_FILLERS = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0]")
_JOINERS = "\u200c\u200d"


def visible_address(address: str) -> str:
    """The address without characters that nobody can see, such as a zero-width space. Joiners stay
    where they make another domain (RFC 5892 appendix A)."""
    if address.isascii():
        return address
    local, at, domain = address.rpartition("@")
    local, domain = _shown(local), _shown(domain, but=_JOINERS)
    bare = _shown(domain)
    return f"{local}{at}{domain if domain != bare and _in_ascii(domain) else bare}"


def _shown(text: str, but: str = "") -> str:
    kept = (c for c in text if c in but or unicodedata.category(c) != "Cf")
    return _FILLERS.sub("", "".join(kept))


def _in_ascii(domain: str) -> str:
    try:
        return idna.encode(domain.strip(), uts46=True).decode("ascii")
    except idna.IDNAError:
        return ""


def address_key(address: str) -> str:
    """The key of an address: case-folded, its domain in ASCII as UTS 46 maps it, so that
    ana@bücher.example and ana@xn--bcher-kva.example are one. What is no domain is only folded."""
    if address.isascii():
        return address.strip().casefold()
    local, at, domain = unicodedata.normalize("NFC", visible_address(address)).rpartition("@")
    local = unicodedata.normalize("NFC", local.strip().casefold())
    return f"{local}{at}{_in_ascii(domain) or domain.strip().casefold()}"
