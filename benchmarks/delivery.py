"""How fast an edition goes out, against a C generator and against a plain loop, in one run.

    python -m benchmarks.delivery [--recipients 10000] [--variants 200]

Everything sends into the same kind of `smtp-sink` (postfix) on loopback:

* `smtp-source -d -s 10`, the generator that comes with postfix: what the sink can take;
* a plain loop, as most programs have it: per recipient two Jinja renders, an EmailMessage, smtplib
  on one connection, nothing written down;
* Tidings: a whole `tidings run` on an edition that was opened while no server listened, with its
  ledger and full durability, ten connections. What a run takes that has nothing to send is told.

Prints messages per second and the two ratios. Ends with 1, and says why, unless every recipient was
sent their message. Needs `smtp-sink` and `smtp-source` on the PATH.
"""

from __future__ import annotations

import argparse
import json
import smtplib
import subprocess
import sys
import tempfile
import time
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate
from pathlib import Path

import jinja2
from benchmarks.instance import (
    FROM_TABLE,
    WEEKLY,
    Cost,
    cheapest,
    entry,
    free_port,
    make_instance,
    needed,
    people,
    running,
    sink,
    tidings,
    words,
)

ITEMS = 13
PLAIN_ITEMS = 24


def made(root: Path, recipients: int, variants: int, port: int) -> None:
    """An instance with a topic a variant, and everybody on one of them."""
    listings = {
        f"{topic:03}.txt": "\n".join(entry(topic * ITEMS + n, [topic]) for n in range(ITEMS))
        for topic in range(variants)
    }
    make_instance(
        root,
        variants,
        listings,
        digests=WEEKLY,
        recipients=FROM_TABLE,
        mail=f"transport: smtp://127.0.0.1:{port}?tls=none\n  connections: 10\n"
        "  service_url: https://news.example.org/",
        **{"all.csv": people(recipients, variants)},
    )


def opened(root: Path) -> Cost:
    """Open an edition while nobody listens, so that all of it is still to be sent."""
    tidings(root, "run", "--send", "none")
    cost = tidings(root, "run", "--send", "now", codes=(75,), TIDINGS_MAIL__CONNECTIONS="1")
    listed = tidings(root, "deliveries", "list", "--state", "deferred", "--json").told
    put_off = [str(each["id"]) for each in json.loads(listed)["deliveries"]]
    tidings(root, "deliveries", "retry", *put_off)
    return cost


def run_tidings(root: Path, recipients: int, port: int) -> tuple[Cost, Cost]:
    """What a run takes that sends all, and one that has nothing to send."""
    with running(sink(port), port):
        cost = tidings(root, "run", "--json", codes=(0, 1, 75))
        mail = json.loads(cost.told)["mail"]
        idle = cheapest(lambda: tidings(root, "run", codes=(0, 1, 75)), 3)
    if mail["sent"] != recipients:
        told = {name: value for name, value in mail.items() if value}
        sys.exit(f"{mail['sent']} of {recipients} messages were sent: {told}")
    return cost, idle


def run_source(recipients: int, message: Path) -> float:
    """Messages per second of the C generator."""
    port = free_port()
    with running(sink(port), port):
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
            "text": words(n)[: 240 + n],
            "url": f"http://localhost:8000/items/news-number-{n}-from-the-border-0123abcd.html",
        }
        for n in range(PLAIN_ITEMS)
    ]
    size = 0
    port = free_port()
    with running(sink(port), port):
        began = time.perf_counter()
        with smtplib.SMTP("127.0.0.1", port) as connection:
            for n in range(recipients):
                address = f"r{n}@example.org"
                context = {"title": "Weekly", "items": items, "address": address}
                message = EmailMessage(policy=SMTP)
                message["From"] = "Desk <desk@example.org>"
                message["To"] = address
                message["Subject"] = "News number 24 from the border and 24 more"
                message["Date"] = formatdate()
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


def example(root: Path) -> Path:
    """One message with LF line ends, for the generator to repeat."""
    asked = ["preview", "weekly", "--recipient", "r0@example.org", "--format", "eml"]
    place = root / "message.eml"
    place.write_text(tidings(root, *asked).told.replace("\r\n", "\n"), encoding="utf-8")
    return place


def main() -> None:
    """Run all three and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipients", type=int, default=10_000)
    parser.add_argument("--variants", type=int, default=200)
    given = parser.parse_args()
    needed("smtp-sink", "smtp-source")
    count = given.recipients
    with tempfile.TemporaryDirectory() as scratch:
        root, port = Path(scratch) / "news", free_port()
        made(root, count, given.variants, port)
        message = example(root)
        size = message.stat().st_size
        opening = opened(root)
        cost, idle = run_tidings(root, count, port)
        source = run_source(count, message)
    plain, plain_size = run_plain(max(200, count // 20))
    rate = count / cost.wall
    print(f"edition opened for {count:,} recipients in {opening.wall:.2f} s;"
          f" a run without mail takes {idle.wall:.2f} s")  # fmt: skip
    print(f"tidings      {rate:8,.0f} messages/s of {size / 1000:.1f} kB,"
          f" {count / cost.cpu:,.0f} a second of CPU")  # fmt: skip
    print(f"smtp-source  {source:8,.0f} messages/s of {size / 1000:.1f} kB")
    print(f"plain loop   {plain:8,.0f} messages/s of {plain_size / 1000:.1f} kB")
    print(
        f"ratio to smtp-source {rate / source:.2f}   ratio to the plain loop {rate / plain:.1f}"
        f"   peak memory {cost.peak:.0f} MB"
    )


if __name__ == "__main__":
    main()
