"""Feeds opened in a real browser: they say what they are, and fit a phone and a desk."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --hide-scrollbars "
    "--disable-background-networking --disable-component-update --disable-sync"
)
WIDTHS = (320, 375, 700, 1280, 1600)
FEEDS = ("atom.xml", "rss.xml", "topics/mexico/atom.xml", "topics/mexico/rss.xml")

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")

LOOK = """<!DOCTYPE html><title>Look</title><body><pre id="found"></pre><script>
const feeds = %s, widths = %s, found = [];
async function look() {
  for (const feed of feeds) for (const width of widths) {
    const frame = document.createElement("iframe");
    frame.style.cssText = `width:${width}px;height:900px;border:0`;
    frame.src = feed;
    const loaded = new Promise(done => frame.onload = done);
    document.body.append(frame);
    await loaded;
    const inside = frame.contentDocument, root = inside.documentElement;
    const style = (selector, pseudo) =>
      frame.contentWindow.getComputedStyle(inside.querySelector(selector), pseudo);
    found.push({
      feed, width,
      shown: root.scrollWidth,
      banner: style("feed, channel", "::before").content,
      title: style("feed > title, channel > title").display,
      entry: style("entry > title, item > title").display,
      id: style("id, guid").display,
      day: inside.querySelector("published, pubDate").getBoundingClientRect().width,
    });
    frame.remove();
  }
  document.getElementById("found").textContent = JSON.stringify(found);
}
look();
</script>"""


class Quiet(SimpleHTTPRequestHandler):
    """A host with the type that browsers style."""

    extensions_map = {  # noqa: RUF012 (the library's)
        ".xml": "application/xml",
        ".css": "text/css",
        ".html": "text/html",
    }

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the library's name)
        """Say nothing."""


@pytest.fixture
def host(instance: Path) -> Iterator[str]:
    feeds = instance / "feeds"
    page = LOOK % (json.dumps(FEEDS), json.dumps(WIDTHS))
    (feeds / "look.html").write_text(page, encoding="utf-8")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(feeds)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_feed_is_readable_at_every_width_and_says_what_it_is(host: str, tmp_path: Path) -> None:
    ran = subprocess.run(
        [
            str(CHROMIUM),
            *FLAGS.split(),
            f"--user-data-dir={tmp_path / 'profile'}",
            "--virtual-time-budget=30000",
            "--dump-dom",
            f"{host}/look.html",
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    said = re.search(r'<pre id="found">(\[.*?\])</pre>', ran.stdout, re.DOTALL)
    assert said, ran.stdout[-2000:]
    found: list[dict[str, Any]] = json.loads(said[1].replace("&gt;", ">"))
    assert len(found) == len(FEEDS) * len(WIDTHS)
    for each in found:
        assert each["shown"] <= each["width"], each
        assert "feed readers" in each["banner"], each
        assert (each["title"], each["entry"], each["id"]) == ("block", "block", "none"), each
        assert 0 < each["day"] < 200, each
