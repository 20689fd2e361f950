"""What watches an instance from outside: figures for Prometheus, and a web address that is called.

The one place that knows prometheus_client (https://prometheus.io/docs/practices/naming/).
"""

from __future__ import annotations

import urllib.error
import urllib.request
from datetime import datetime
from http.client import HTTPException
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from tidings.model import DeliveryState

if TYPE_CHECKING:
    from tidings.application.status import Status

PING_SECONDS = 10.0


def metrics(status: Status, feeds: int, now: datetime) -> tuple[bytes, str]:
    """The status as gauges, and their media type; `feeds` is how many feed files are published."""
    registry = CollectorRegistry()  # one for each answer

    def gauge(name: str, told: str, value: float) -> None:
        Gauge(f"tidings_{name}", told, registry=registry).set(value)

    gauge("items", "Items known.", status.items)
    gauge("items_undated", "Items without a date.", status.undated)
    gauge("feeds", "Feed files published.", feeds)
    gauge("listing_problems", "Problems in listings.", len(status.problems))
    gauge("mail_waiting", "Messages still to be sent.", status.mail.waiting)
    gauge("mail_late", "Messages that could have been sent long ago.", status.mail.late)
    told = "How long the first message that could be sent has waited; 0 if none could."
    since = status.mail.due_since
    gauge("oldest_due_seconds", told, max(0.0, (now - since).total_seconds()) if since else 0)
    gauge("mail_held", "Messages on hold.", status.mail.held)
    gauge("reviews_overdue", "Editions that wait for an approval, late.", len(status.overdue))
    paused = status.paused
    until = paused.until.timestamp() if paused else 0
    gauge("mail_server_refuses", "Whether the mail server refuses all mail.", int(bool(paused)))
    told = "Before when the mail server is not asked again; 0 while it refuses nothing."
    gauge("mail_server_paused_until_timestamp_seconds", told, until)
    gauge("addresses_bounced", "Addresses that get no more mail.", len(status.bounced))
    gauge("failed_rounds", "Runs of the worker in a row that failed.", status.incident.failures)
    last = status.last_cycle.timestamp() if status.last_cycle else 0
    gauge("last_cycle_timestamp_seconds", "When the last run ended; 0 for never.", last)
    deliveries = Gauge("tidings_deliveries", "Deliveries by state.", ["state"], registry=registry)
    for state in DeliveryState:
        deliveries.labels(str(state).replace(" ", "_")).set(status.tally.get(state, 0))
    if known := status.workers:
        told = "Processes that work on the state, by what they may do."
        workers = Gauge("tidings_workers", told, ["role"], registry=registry)
        for role in ("lead", "send"):
            workers.labels(role).set(sum(role in each.roles for each in known))
        leading, in_hand = sum(w.leads for w in known), sum(w.in_hand for w in known)
        gauge("workers_leading", "Processes that record and publish: one, or none.", leading)
        gauge("reserved", "Messages that processes have set aside or are sending.", in_hand)
    if jobs := status.jobs:
        told = "Jobs in the queue, by how they stand."
        queued = Gauge("tidings_jobs", told, ["state"], registry=registry)
        for name in ("waiting", "running", "stalled", "failed"):
            queued.labels(name).set(getattr(jobs, name))
    late = Gauge(
        "tidings_digest_late_seconds",
        "How long ago an edition was due that nobody has opened.",
        ["digest"],
        registry=registry,
    )
    for digest in status.digests:
        since = digest.late_since
        late.labels(digest.slug).set((now - since).total_seconds() if since else 0)
    return generate_latest(registry), CONTENT_TYPE_LATEST


def ping(url: str, *, well: bool, seconds: float = PING_SECONDS) -> str:
    """Call `url`, or `/fail` below it when all is not well, so that silence is noticed elsewhere.

    Returns why there was no good answer, "" if there was; the address, which may be a secret, is
    not in it. The address is one that the settings have checked to be http or https.
    """
    parts = urlsplit(url)
    path = parts.path if well else parts.path.rstrip("/") + "/fail"
    target = urlunsplit(parts._replace(path=path))
    request = urllib.request.Request(target, headers={"User-Agent": "tidings"})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=seconds) as answer:  # noqa: S310
            answer.read(1)
    except urllib.error.HTTPError as error:
        error.close()
        return f"the server says {error.code}"
    except urllib.error.URLError as error:
        return str(getattr(error.reason, "strerror", None) or error.reason)
    except TimeoutError:
        return "no answer in time"
    except (OSError, HTTPException, ValueError) as error:
        return getattr(error, "strerror", None) or type(error).__name__
    return ""
