"""How often somebody may ask: counted in memory, per process."""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address

from tidings.core.lapse import has_passed

REMEMBERED = 10_000


class Limit:
    """At most `most` times in `within`, for each name on its own. May be used from any thread."""

    def __init__(self, most: int, within: timedelta) -> None:
        self._most = most
        self._within = within
        self._times: OrderedDict[str, list[datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def allows(self, name: str, now: datetime) -> bool:
        """Count one more time for this name, if that is within the limit."""
        with self._lock:
            times = self._times.pop(name, [])
            times = [each for each in times if not has_passed(self._within, each, now)]
            allowed = len(times) < self._most
            self._times[name] = [*times, now] if allowed else times
            while len(self._times) > REMEMBERED:
                self._times.popitem(last=False)
            return allowed


def network(address: str) -> str:
    """Whom an IP address stands for: with IPv6, everybody has a /64 to themselves."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return found.exploded[:19]
    return str(found)
