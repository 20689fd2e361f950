"""Conditional GET of a feed beside uvicorn answering a constant: the ratio, in one run.

    python -m benchmarks.serving [--seconds S] [--connections N]

The load comes from wrk (C; Debian has it) where it is installed, else from a simple asyncio client,
then the limit for both. The two servers are asked in turn, three times each; medians count. Ends
with 1, and says why, where an answer was not the one that was asked for.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from benchmarks.instance import TIDINGS, free_port, listing, make_instance, running, tidings

CONSTANT = """
import sys, uvicorn
async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200,
                "headers": [(b"content-type", b"text/plain"), (b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})
uvicorn.run(app, port=int(sys.argv[1]), log_level="error", access_log=False, lifespan="off")
"""
ROUNDS = 3


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--connections", type=int, default=50)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        news = Path(scratch) / "news"
        make_instance(news, 4, {f"{n}.txt": listing(n, 4) for n in range(10)})
        tidings(news, "run", "--send", "none")
        constant, feeds = free_port(), free_port()
        ours = [*TIDINGS, "-C", str(news), "serve", "--port", str(feeds)]
        with (
            running([sys.executable, "-c", CONSTANT, str(constant)], constant),
            running(ours, feeds),
        ):
            _compare(constant, feeds, given.seconds, given.connections)


def _compare(constant: int, feeds: int, seconds: float, connections: int) -> None:
    plain, feed = f"http://127.0.0.1:{constant}/", f"http://127.0.0.1:{feeds}/atom.xml"
    with urllib.request.urlopen(feed) as answer:
        etag = answer.headers["ETag"]
    asked = urllib.request.Request(feed, headers={"If-None-Match": etag})
    try:
        urllib.request.urlopen(asked).close()
    except urllib.error.HTTPError as answer:
        if answer.code != 304:
            sys.exit(f"{feed} answered {answer.code} to the ETag that it had itself given")
    else:
        sys.exit(f"{feed} has no 304 for the ETag that it had itself given")
    load = _wrk if shutil.which("wrk") else _plain_client
    rates: dict[str, list[float]] = {plain: [], feed: []}
    for _ in range(ROUNDS):
        for url, tag in ((plain, ""), (feed, etag)):
            rates[url].append(load(url, tag, seconds, connections))
    first, second = statistics.median(rates[plain]), statistics.median(rates[feed])
    print(f"load generator   {load.__name__.strip('_')}, {connections} connections")
    print(f"constant         {first:8,.0f} answers/s")
    print(f"conditional GET  {second:8,.0f} answers/s")
    print(f"ratio            {second / first:8.2f}")


def _wrk(url: str, etag: str, seconds: float, connections: int) -> float:
    header = ["-H", f"If-None-Match: {etag}"] if etag else []
    wanted = ["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", *header, url]
    told = subprocess.run(wanted, capture_output=True, text=True, check=True).stdout
    found = re.search(r"Requests/sec:\s+([\d.]+)", told)
    if not found or "Non-2xx or 3xx" in told or "Socket errors" in told:
        sys.exit(told)
    return float(found[1])


def _plain_client(url: str, etag: str, seconds: float, connections: int) -> float:
    host, _, path = url.removeprefix("http://").partition("/")
    name, _, port = host.partition(":")
    condition = f"If-None-Match: {etag}\r\n" if etag else ""
    request = f"GET /{path} HTTP/1.1\r\nHost: {host}\r\n{condition}\r\n".encode()
    ends = time.monotonic() + seconds

    async def client() -> int:
        reader, writer = await asyncio.open_connection(name, int(port))
        count = 0
        while time.monotonic() < ends:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            if (b" 304 " in head) != bool(etag):
                sys.exit(f"{url} answered {head.splitlines()[0].decode()}")
            length = re.search(rb"content-length: (\d+)", head)
            if length and not etag:
                await reader.readexactly(int(length[1]))
            count += 1
        writer.close()
        return count

    async def all_of_them() -> int:
        return sum(await asyncio.gather(*(client() for _ in range(connections))))

    return asyncio.run(all_of_them()) / seconds


if __name__ == "__main__":
    main()
