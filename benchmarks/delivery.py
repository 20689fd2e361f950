"""How fast an edition goes out, against a C generator and against a plain loop, in one run.

    python benchmarks/delivery.py [--recipients 10000] [--variants 200]

Everything sends into the same kind of `smtp-sink` (postfix) on loopback:

* `smtp-source -d -s 10`, the generator that comes with postfix: what the sink can take;
* a plain loop, as most programs have it: per recipient two Jinja renders, an EmailMessage, smtplib
  on one connection, nothing written down;
* Tidings: `deliver` with its ledger and full durability, ten connections.

Prints messages per second and the two ratios. Needs `smtp-sink` and `smtp-source` on the PATH.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import smtplib
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import jinja2

from tidings.application.announce import announce
from tidings.application.bodies import Bodies
from tidings.application.cycle import Machinery
from tidings.application.deliver import DeliverReport, deliver
from tidings.application.record import record
from tidings.core.prepared import Prepared
from tidings.entrypoints import wiring
from tidings.state import Transaction
from tidings.state.deliveries import Claim

ITEMS = 13
PLAIN_ITEMS = 24
NOW = datetime(2026, 11, 23, 14, tzinfo=UTC)
WORDS = (
    "The ministry and the agency opened a course on work permits for people who cross the border "
    "to harvest coffee, with advice on wages, housing and health, and with a desk where they can "
    "ask about contracts before they travel. It follows an agreement that both countries signed in "
    "spring, after a survey among seasonal workers had shown how few of them knew their rights. "
)


def free_port() -> int:
    """A port on loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def sink() -> Iterator[int]:
    """An smtp-sink of its own; yields its port."""
    port = free_port()
    user = ["-u", "nobody"] if os.getuid() == 0 else []
    process = subprocess.Popen(
        ["smtp-sink", *user, "-c", f"127.0.0.1:{port}", "1000"], stdout=subprocess.DEVNULL
    )
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.02)
        yield port
    finally:
        process.terminate()
        process.wait()


def make_instance(root: Path, recipients: int, variants: int, port: int) -> None:
    """An instance with a topic a variant, 25 items a topic, and everybody on one topic."""
    for name in ("config", "seeds"):
        (root / name).mkdir(parents=True)
    topics = "".join(
        f"  topic{n}:\n    title: Topic {n}\n    any: [sign{n}]\n" for n in range(variants)
    )
    (root / "config" / "topics.yaml").write_text(f"topics:\n{topics}", encoding="utf-8")
    (root / "config" / "digests.yaml").write_text(
        "digests:\n  weekly:\n    title: Weekly\n    topics: all\n    lists: [all]\n"
        '    history: mail\n    cadence: {every: week, on: monday, at: "08:00"}\n',
        encoding="utf-8",
    )
    rows = "".join(f"r{n}@example.org,,topic{n % variants}\n" for n in range(recipients))
    (root / "config" / "all.csv").write_text(f"address,name,topics\n{rows}", encoding="utf-8")
    (root / "config" / "recipients.yaml").write_text(
        "lists:\n  all: {from: all.csv}\n", encoding="utf-8"
    )
    (root / "config" / "tidings.yaml").write_text(
        "site:\n  id: bench.example.org,2026\n  title: Bench\n  url: http://localhost:8000/\n"
        "  time_zone: UTC\n  author: {name: Desk, email: desk@example.org}\n"
        f"mail:\n  transport: smtp://127.0.0.1:{port}?tls=none\n"
        "  connections: 10\n",
        encoding="utf-8",
    )
    for topic in range(variants):
        entries = "".join(
            f"{1 + n % 28} October, 2026\n\nNews number {n} from the border about sign{topic}\n\n"
            f"{WORDS[: 200 + n]}\n\n"
            for n in range(ITEMS)
        )
        (root / "seeds" / f"{topic:03}.txt").write_text(entries, encoding="utf-8")


def run_source(recipients: int, message: Path) -> float:
    """Messages per second of the C generator."""
    with sink() as port:
        began = time.perf_counter()
        subprocess.run(
            [
                *("smtp-source", "-d", "-s", "10", "-m", str(recipients), "-F", str(message)),
                *("-f", "desk@example.org", "-t", "r@example.org", f"127.0.0.1:{port}"),
            ],
            check=True,
        )
        return recipients / (time.perf_counter() - began)


PLAIN = jinja2.Template(
    "{{ title }}\n{% for item in items %}\n{{ item.title }}\n{{ item.text|wordwrap(72) }}\n"
    "{{ item.url }}\n{% endfor %}\nThis went to {{ address }}.\n"
)
RICH = jinja2.Template(
    "<html><body><h1>{{ title }}</h1>{% for item in items %}<h2><a href='{{ item.url }}'>"
    "{{ item.title }}</a></h2><p style='font: 16px/24px Georgia, serif; color: #2c3834; "
    "margin: 4px 0 0; padding: 0 12px 24px 0; text-align: left; letter-spacing: 0'>"
    "{{ item.text }}</p><p style='font: 14px/20px sans-serif; color: #5a6661; margin: 8px 0'>"
    "{{ item.url }}</p>{% endfor %}<p>This went to {{ address }}.</p></body></html>",
    autoescape=True,
)


def run_plain(recipients: int) -> tuple[float, int]:
    """Messages per second of the plain loop, and the size of its messages."""
    items = [
        {
            "title": f"News number {n} from the border",
            "text": WORDS[: 240 + n],
            "url": f"http://localhost:8000/items/news-number-{n}-from-the-border-0123abcd.html",
        }
        for n in range(PLAIN_ITEMS)
    ]
    size = 0
    with sink() as port:
        began = time.perf_counter()
        with smtplib.SMTP("127.0.0.1", port) as connection:
            for n in range(recipients):
                address = f"r{n}@example.org"
                context = {"title": "Weekly", "items": items, "address": address}
                message = EmailMessage(policy=SMTP)
                message["From"] = "Desk <desk@example.org>"
                message["To"] = address
                message["Subject"] = "News number 24 from the border and 24 more"
                message["Date"] = NOW
                message["Message-ID"] = f"<{n}@example.org>"
                message["List-Id"] = "Weekly <weekly.localhost>"
                message["Auto-Submitted"] = "auto-generated"
                message["Precedence"] = "bulk"
                message.set_content(PLAIN.render(context), cte="quoted-printable")
                message.add_alternative(
                    RICH.render(context), subtype="html", cte="quoted-printable"
                )
                data = message.as_bytes()
                connection.sendmail("desk@example.org", [address], data)
                size = len(data)
        return recipients / (time.perf_counter() - began), size


def run_tidings(folder: Path, recipients: int, variants: int) -> tuple[float, DeliverReport, Path]:
    """Messages per second of `deliver`, its report, and one of its messages as a file."""
    with sink() as port:
        root = folder / "instance"
        make_instance(root, recipients, variants, port)
        served = {"TIDINGS_MAIL__SERVICE_URL": "https://news.example.org/"}
        instance = wiring.load_instance(root, served)
        store = wiring.open_state(instance)
        machinery = wiring.machinery(instance, store, wiring.clock(NOW))
        record(store, machinery.seeds, machinery.classifier, machinery.recording, NOW)
        began = time.perf_counter()
        announce(store, machinery.announcing, "now", NOW)
        opened = time.perf_counter() - began
        message = example(machinery, folder)
        real = replace(machinery.post, clock=wiring.clock())
        began = time.perf_counter()
        report = deliver(real)
        took = time.perf_counter() - began
        store.close()
    print(f"edition opened for {recipients:,} recipients in {opened:.2f} s")
    return report.sent / took, report, message


class Unkept(Bodies):
    """Renders without keeping: this is a look, not an attempt."""

    def prepared(self, state: Transaction, claim: Claim, ahead: Iterable[Claim] = ()) -> Prepared:
        """The body, made anew."""
        assert claim.delivery.owed_set is not None
        owed_set = self._owed_set(state, claim.delivery.owed_set, ahead)
        return self._make(state, claim, owed_set)


def example(machinery: Machinery, folder: Path) -> Path:
    """One message with LF line ends, for the generator to repeat."""
    with machinery.store.reading() as state:
        (claim,) = state.deliveries.claimable(NOW, 1)
        message = Unkept(machinery.post.mailing.composition).prepared(state, claim)
        data = message.for_recipient(claim.delivery)
    place = folder / "message.eml"
    place.write_bytes(data.replace(b"\r\n", b"\n"))
    place.chmod(0o644)
    return place


def main() -> int:
    """Run all three and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipients", type=int, default=10_000)
    parser.add_argument("--variants", type=int, default=200)
    given = parser.parse_args()
    if not shutil.which("smtp-sink") or not shutil.which("smtp-source"):
        print("smtp-sink and smtp-source (postfix) are needed", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        folder.chmod(0o755)
        tidings, report, message = run_tidings(folder, given.recipients, given.variants)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        size = message.stat().st_size
        source = run_source(given.recipients, message)
        plain, plain_size = run_plain(max(200, given.recipients // 20))
    failures = len(report.failed) + len(report.deferred) + report.waiting
    print(f"tidings      {tidings:8,.0f} messages/s of {size / 1000:.1f} kB, {failures} not sent")
    print(f"smtp-source  {source:8,.0f} messages/s of {size / 1000:.1f} kB")
    print(f"plain loop   {plain:8,.0f} messages/s of {plain_size / 1000:.1f} kB")
    print(
        f"ratio to smtp-source {tidings / source:.2f}   ratio to the plain loop "
        f"{tidings / plain:.1f}   peak memory {peak:.0f} MB"
    )
    return 0 if not failures else 1


if __name__ == "__main__":
    sys.exit(main())
