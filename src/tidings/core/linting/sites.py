"""Addresses in mails and feeds that readers elsewhere cannot open, or should not."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from tidings.core.linting.remarks import warning
from tidings.core.settings import Fault, Settings

_MAIN = "tidings.yaml"


def unreachable(settings: Settings) -> Iterator[Fault]:
    """Links that lead to the reader's own machine, once mail goes to other people."""
    if settings.mail.relay is None:
        return
    if _local(settings.site.url):
        yield warning(
            _MAIN,
            ("site", "url"),
            f"mail goes out with links to {urlsplit(settings.site.url).hostname}, "
            "which lead nowhere for its readers",
            "write the address where feeds/ is served",
        )


def _local(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
