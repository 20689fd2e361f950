"""500 pollers, 200 publications and an edition for 5,000 at once: is anybody let down?

    python -m benchmarks.load [--pollers 500] [--publications 200] [--recipients 5000]

Twice: `tidings serve` beside `tidings worker`, and `tidings worker --serve`. Each poller follows
some feeds and pages and asks for them without a pause, mostly under a condition: on a connection
that it keeps, or on a new one for each request; packed or not. Meanwhile a listing comes each
second, which the worker publishes, and it mails a due edition into `smtp-sink` (postfix), which
writes down what it gets.

What must hold: no request is dropped; each body is whole, well-formed, one of those that the worker
wrote, and always the same under one ETag; no feed's `updated` goes back; everybody gets the edition
exactly once; no process takes 200 MB. Ends with 1 where something of this does not hold.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import hashlib
import json
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.instance import (
    FROM_TABLE,
    TIDINGS,
    WEEKLY,
    entry,
    free_port,
    make_instance,
    needed,
    people,
    running,
    signs,
    sink,
    tidings,
)
from lxml import etree

TOPICS = 8
FIRST_ENTRIES = 400
LIMIT_MB = 200
PATIENCE = 30.0
FOLLOWED = 5
ENDING = 900.0
# Runs as `tidings` does, and writes down the digest of each file before it is put in place.
SPY = """
import hashlib, os, sys
journal = os.open(sys.argv.pop(1), os.O_WRONLY | os.O_APPEND | os.O_CREAT)
replace = os.replace
def noting(source, place, **how):
    with open(source, "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    os.write(journal, f"{digest} {place}\\n".encode())
    return replace(source, place, **how)
os.replace = noting
from tidings.__main__ import main
main()
"""
HEAD = re.compile(rb"^([A-Za-z-]+):[ \t]*(.*?)\r$", re.M)
RECIPIENT = re.compile(r"^X-Rcpt-Args: <(.+)>$", re.M)


# --- The instance, and what runs on it -----------------------------------------------------------


def news(number: int, entries: int) -> str:
    """A listing of its own, in some of the topics."""
    numbers = range(number * 1000, number * 1000 + entries)
    return "\n".join(entry(each, signs(each, TOPICS)) for each in numbers)


def make(root: Path, recipients: int, port: int) -> None:
    """An instance with a past, so that an edition is due as soon as a worker looks."""
    make_instance(
        root,
        TOPICS,
        {"past.txt": news(0, FIRST_ENTRIES)},
        digests=f"{WEEKLY}    max_items: 10\n",
        recipients=FROM_TABLE,
        mail=f"transport: smtp://127.0.0.1:{port}?tls=none",
        **{"all.csv": people(recipients, TOPICS)},
    )
    tidings(root, "run", "--send", "none", "--now", "2020-01-01")


def peak(process: int) -> float:
    """The most memory that a process has had, in MB."""
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


# --- The pollers ---------------------------------------------------------------------------------


@dataclass
class Account:
    """What all pollers have seen."""

    latencies: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    # By path and ETag, then by path: digests of what came unpacked.
    tagged: dict[tuple[str, bytes], str] = field(default_factory=dict)
    seen: dict[tuple[str, str], bytes] = field(default_factory=dict)
    done: bool = False
    # How long this process itself was kept from its work, in seconds: then it is no wonder.
    held_up: float = 0.0


@dataclass
class Poller:
    """One reader of everything, in an order of its own."""

    port: int
    number: int
    paths: list[str]
    account: Account
    tags: dict[str, bytes] = field(default_factory=dict)
    updated: dict[str, bytes] = field(default_factory=dict)

    async def poll(self) -> None:
        """Ask until it is done."""
        chance = random.Random(self.number)
        mine = chance.sample(self.paths, FOLLOWED)
        keeps, packed = self.number % 2 == 0, self.number % 4 < 2
        link: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        while not self.account.done:
            path = chance.choice(mine)
            kind = chance.choices(("condition", "GET", "HEAD"), (75, 20, 5))[0]
            began = time.perf_counter()
            try:
                async with asyncio.timeout(PATIENCE):
                    link = link or await asyncio.open_connection("127.0.0.1", self.port)
                    await self._ask(link, path, kind, packed=packed, keeps=keeps)
            except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
                self.account.dropped[type(error).__name__] += 1
                keeps_link = False
            else:
                keeps_link = keeps
            self.account.latencies.append(time.perf_counter() - began)
            if link and not keeps_link:
                link[1].close()
                link = None
        if link:
            link[1].close()

    async def _ask(
        self,
        link: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        path: str,
        kind: str,
        *,
        packed: bool,
        keeps: bool,
    ) -> None:
        reader, writer = link
        lines = [f"{'HEAD' if kind == 'HEAD' else 'GET'} {path} HTTP/1.1", "Host: localhost"]
        if packed:
            lines.append("Accept-Encoding: gzip")
        if not keeps:
            lines.append("Connection: close")
        if kind == "condition" and path in self.tags:
            lines.append(f"If-None-Match: {self.tags[path].decode()}")
        writer.write("\r\n".join([*lines, "", ""]).encode())
        head = await reader.readuntil(b"\r\n\r\n")
        headers = {name.lower(): value for name, value in HEAD.findall(head)}
        status = int(head.split(None, 2)[1])
        self.account.statuses[status] += 1
        if status == 200 and kind != "HEAD":
            body = await reader.readexactly(int(headers[b"content-length"]))
            self._take(path, headers, body)
        elif status not in (200, 304):
            self.account.wrong.append(f"{status} for {path}")
            await reader.readexactly(int(headers.get(b"content-length", b"0")))
        if not keeps and await reader.read(1):
            self.account.wrong.append(f"more than was announced for {path}")

    def _take(self, path: str, headers: dict[bytes, bytes], sent: bytes) -> None:
        """Look at a body: one ETag, one sequence of bytes (RFC 9110 §8.8.1)."""
        self.tags[path] = headers[b"etag"]
        body = gzip.decompress(sent) if headers.get(b"content-encoding") == b"gzip" else sent
        digest = hashlib.sha256(body).hexdigest()
        first = self.account.tagged.setdefault((path, headers[b"etag"]), digest)
        if first != digest:
            self.account.wrong.append(f"two bodies under one ETag of {path}")
        if (path, digest) not in self.account.seen:
            self.account.seen[path, digest] = _read(path, body)
        updated = self.account.seen[path, digest]
        if updated < self.updated.get(path, b""):
            self.account.wrong.append(f"{path} went back in time")
        self.updated[path] = updated


def _read(path: str, body: bytes) -> bytes:
    """Parse a body, which raises where it is not whole; the `updated` of a feed, else nothing."""
    if path.endswith(".json"):
        json.loads(body)
    elif path.endswith(".xml"):
        tree = etree.fromstring(body)
        return (tree.findtext("{http://www.w3.org/2005/Atom}updated") or "").encode()
    elif path.endswith((".html", "/")) and not body.rstrip().endswith(b"</html>"):
        raise ValueError(f"{path} is cut short")
    return b""


async def press(root: Path, journal: Path, wanted: int, account: Account) -> tuple[int, float]:
    """Drop a listing a second until so many feeds have been published and all mail is sent; gives
    how many were, and in how many seconds."""
    began, number, mailed = time.monotonic(), 0, False
    published, took = 0, 0.0
    while time.monotonic() < began + ENDING and not (took and mailed):
        if not took:
            number += 1
            place = root / "seeds" / f"{number:05}.txt"
            place.write_text(news(number, 3), encoding="utf-8")
        await asyncio.sleep(1)
        published = journal.read_bytes().count(b"/feeds/atom.xml\n") if journal.exists() else 0
        if published >= wanted and not took:
            took = time.monotonic() - began
        mailed = took > 0 and await asyncio.to_thread(_all_mailed, root)
    account.done = True
    return published, took or time.monotonic() - began


def _all_mailed(root: Path) -> bool:
    """Whether nothing waits to be sent."""
    command = [*TIDINGS, "-C", str(root), "status", "--json"]
    told = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return "waiting" in told and not json.loads(told)["mail"]["waiting"]


async def _watch(account: Account) -> None:
    """Notice how long this very process is held up."""
    while not account.done:
        began = time.perf_counter()
        await asyncio.sleep(0.1)
        account.held_up = max(account.held_up, time.perf_counter() - began - 0.1)


async def load(
    root: Path, journal: Path, port: int, pollers: int, wanted: int
) -> tuple[Account, int, float]:
    """Poll while it is published."""
    account, paths = Account(), polled(root)
    crowd = [asyncio.create_task(Poller(port, n, paths, account).poll()) for n in range(pollers)]
    crowd.append(asyncio.create_task(_watch(account)))
    published, took = await press(root, journal, wanted, account)
    await asyncio.gather(*crowd)
    return account, published, took


def polled(root: Path) -> list[str]:
    """What is asked for: every feed thrice, and some pages."""
    feeds = ["/atom.xml", "/rss.xml", "/feed.json"]
    feeds += [f"/topics/topic{n}{path}" for n in range(TOPICS) for path in feeds[:3]]
    items = sorted((root / "feeds" / "items").iterdir())[:20]
    pages = ["/", "/opml.xml", "/sitemap.xml", *(f"/topics/topic{n}/" for n in range(TOPICS))]
    return feeds * 3 + pages + [f"/items/{item.name}" for item in items]


# --- Both ways of running it ---------------------------------------------------------------------


def measure(folder: Path, given: argparse.Namespace, *, together: bool) -> bool:
    """Run the load once and print what was seen; whether all of it is as it must be."""
    root, journal, dump = folder / "news", folder / "journal", folder / "mail" / "dump"
    dump.parent.mkdir()
    dump.parent.chmod(0o777)
    smtp, web = free_port(), free_port()
    make(root, given.recipients, smtp)
    before = {
        (f"/{file.relative_to(root / 'feeds')}", hashlib.sha256(file.read_bytes()).hexdigest())
        for file in (root / "feeds").rglob("*")
        if file.is_file()
    }
    spied = [sys.executable, "-c", SPY, str(journal), "-C", str(root), "worker"]
    serving = ["--port", str(web)]
    with running(sink(smtp, "-D", str(dump)), smtp):
        if together:
            with running([*spied, "--serve", *serving], web, TIDINGS_WORKER__EVERY="1s") as server:
                seen = asyncio.run(load(root, journal, web, given.pollers, given.publications))
                peaks = {"worker --serve": peak(server)}
        else:
            alone = [*TIDINGS, "-C", str(root), "serve", *serving]
            with (
                running(alone, web) as server,
                running(spied, TIDINGS_WORKER__EVERY="1s") as worker,
            ):
                seen = asyncio.run(load(root, journal, web, given.pollers, given.publications))
                peaks = {"serve": peak(server), "worker": peak(worker)}
    written = {
        (f"/{Path(place).relative_to(root / 'feeds')}", digest)
        for digest, _, place in (
            line.partition(" ") for line in journal.read_text("utf-8").splitlines()
        )
        if Path(place).is_relative_to(root / "feeds")
    }
    mail = Counter(RECIPIENT.findall(dump.read_text("latin-1")))
    return report(given, seen, before | written, mail, peaks)


def report(
    given: argparse.Namespace,
    seen: tuple[Account, int, float],
    written: set[tuple[str, str]],
    mail: Counter[str],
    peaks: dict[str, float],
) -> bool:
    """Print the figures beside what is asked of them; whether all are as they must be."""
    account, published, took = seen
    known = {(re.sub("/$", "/index.html", path), digest) for path, digest in account.seen}
    mixed = len(known - written) + len(account.wrong)
    dropped = account.dropped
    wait = sorted(account.latencies)
    middle, late, latest = (wait[int(part * (len(wait) - 1))] for part in (0.5, 0.99, 1.0))
    kinds = ", ".join(f"{count:,} x {status}" for status, count in sorted(account.statuses.items()))
    whole = set(mail) == {f"r{n}@example.org" for n in range(given.recipients)}
    speed = (
        f"{len(wait) / took:,.0f} a second; half within {middle:.2f} s, 99% within {late:.2f} s, "
        f"all within {latest:.2f} s; the pollers were held up for {account.held_up:.2f} s at most"
    )
    mailed = f"{mail.total():,} messages to {len(mail):,} people"
    wrong = f"{mixed} of {len(known):,} versions {account.wrong[:5] or ''}"
    lines = [
        (f"requests       {len(wait):,} ({kinds})", True),
        (f"               {speed}", True),
        (f"dropped        {dropped.total()} {dict(dropped) or ''}", not dropped),
        (f"partial, mixed {wrong}", not mixed),
        (f"publications   {published} in {took:.0f} s", published >= given.publications),
        (f"mail           {mailed}", whole and mail.total() == given.recipients),
        *((f"peak memory    {mb:.0f} MB ({name})", mb < LIMIT_MB) for name, mb in peaks.items()),
    ]
    for line, well in lines:
        print(f"  {line}{'' if well else '   NOT AS ASKED'}")
    return all(well for _, well in lines)


def main() -> int:
    """Run both, and say whether all is as it must be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pollers", type=int, default=500)
    parser.add_argument("--publications", type=int, default=200)
    parser.add_argument("--recipients", type=int, default=5000)
    parser.add_argument("--only", choices=["serve", "worker"], help="one of the two alone")
    given = parser.parse_args()
    needed("smtp-sink")
    well = True
    for name, together in (("serve", False), ("worker", True)):
        if given.only in (None, name):
            print("worker --serve" if together else "serve beside a worker", flush=True)
            with tempfile.TemporaryDirectory() as scratch:
                folder = Path(scratch)
                folder.chmod(0o755)
                well = measure(folder, given, together=together) and well
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
