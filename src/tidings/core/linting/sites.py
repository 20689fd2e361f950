"""Addresses in mails and feeds that readers elsewhere cannot open, or should not."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from tidings.core.linting.remarks import warning
from tidings.core.settings import Fault, Settings

_MAIN = "tidings.yaml"


def unreachable(settings: Settings) -> Iterator[Fault]:
    """Links that lead to the reader's own machine, or over the open net, once mail leaves ours."""
    if settings.mail.relay is None:
        return
    service = settings.mail.service_url
    for path, url, remedy in (
        (("site", "url"), settings.site.url, "write the address where feeds/ is served"),
        (("mail", "service_url"), service, "write the address where tidings serve is reached"),
    ):
        if url and _local(url):
            host = urlsplit(url).hostname
            message = f"mail goes out with links to {host}, which lead nowhere for its readers"
            yield warning(_MAIN, path, message, remedy)
    if service and not _local(service) and urlsplit(service).scheme == "http":
        message = "links to leave or to change go over http, for others on the way to read"
        yield warning(_MAIN, ("mail", "service_url"), message, "serve it by https")


def _local(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
