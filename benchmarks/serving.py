"""Conditional GET of a feed beside uvicorn answering a constant: the ratio, in one run.

    python benchmarks/serving.py [--seconds S] [--connections N]

The load comes from wrk (C; Debian has it) where it is installed, else from a simple asyncio client,
then the limit for both. The two servers are asked in turn, three times each; medians count.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--connections", type=int, default=50)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        news = str(Path(scratch) / "news")
        tidings = [sys.executable, "-m", "tidings"]
        subprocess.run([*tidings, "init", news], check=True, stdout=subprocess.DEVNULL)
        subprocess.run([*tidings, "-C", news, "run", "--send", "none"], check=True,
                       stdout=subprocess.DEVNULL)  # fmt: skip
        constant, feeds = _free_port(), _free_port()
        ours = [*tidings, "-C", news, "serve", "--port", str(feeds)]
        with (
            _running([sys.executable, "-c", CONSTANT, str(constant)], constant),
            _running(ours, feeds),
        ):
            _compare(constant, feeds, given.seconds, given.connections)


def _compare(constant: int, feeds: int, seconds: float, connections: int) -> None:
    plain, feed = f"http://127.0.0.1:{constant}/", f"http://127.0.0.1:{feeds}/atom.xml"
    with urllib.request.urlopen(feed) as answer:
        etag = answer.headers["ETag"]
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
        raise SystemExit(told)
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
            length = re.search(rb"content-length: (\d+)", head)
            if length and b" 304 " not in head:
                await reader.readexactly(int(length[1]))
            count += 1
        writer.close()
        return count

    async def all_of_them() -> int:
        return sum(await asyncio.gather(*(client() for _ in range(connections))))

    return asyncio.run(all_of_them()) / seconds


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextmanager
def _running(command: list[str], port: int) -> Iterator[None]:
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(20)


if __name__ == "__main__":
    main()
