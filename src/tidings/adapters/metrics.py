"""Figures for Prometheus: prometheus_client, the one place that knows, with a registry per answer.

https://prometheus.io/docs/practices/naming/
"""

from __future__ import annotations

from datetime import datetime

from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from tidings.application.status import Status
from tidings.model import DeliveryState

CONTENT_TYPE = CONTENT_TYPE_LATEST


def exposition(found: Status, feeds: int, now: datetime) -> bytes:
    """What `status` tells, as gauges; `feeds` is how many feed files are published."""
    registry = CollectorRegistry()

    def gauge(name: str, told: str, value: float) -> None:
        Gauge(f"tidings_{name}", told, registry=registry).set(value)

    gauge("items", "Items known.", found.items)
    gauge("items_undated", "Items without a date.", found.undated)
    gauge("feeds", "Feed files published.", feeds)
    gauge("listing_problems", "Problems that stand in listings.", len(found.problems))
    gauge("mail_waiting", "Messages still to be sent.", found.mail.waiting)
    gauge("mail_late", "Messages that could have been sent long ago.", found.mail.late)
    gauge("mail_held", "Messages on hold.", found.mail.held)
    gauge("addresses_bounced", "Addresses that get no more mail.", len(found.bounced))
    gauge("failed_rounds", "Rounds of the worker in a row that failed.", found.watch.failures)
    last = found.last_cycle.timestamp() if found.last_cycle else 0
    gauge("last_cycle_timestamp_seconds", "When the last round ended; 0 for never.", last)
    deliveries = Gauge("tidings_deliveries", "Deliveries by state.", ["state"], registry=registry)
    for state in DeliveryState:
        deliveries.labels(str(state).replace(" ", "_")).set(found.tally.get(state, 0))
    late = Gauge(
        "tidings_digest_late_seconds",
        "How long ago an edition was due that nobody has opened.",
        ["digest"],
        registry=registry,
    )
    for digest in found.digests:
        since = digest.late_since
        late.labels(digest.slug).set((now - since).total_seconds() if since else 0)
    return generate_latest(registry)
