"""Pages and mail in a real browser: nothing scrolls sideways, from a phone to a desk."""

from __future__ import annotations

import email
import email.policy
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --hide-scrollbars "
    "--disable-background-networking --disable-component-update --disable-sync"
)
WIDTHS = (320, 375, 700, 1280, 1600)

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")

# A frame has the width that it is given; the browser's own window cannot be as narrow as a phone.
MEASURE = """<!DOCTYPE html><title>Measure</title><body><pre id="found"></pre><script>
const pages = %s, widths = %s, found = [];
async function measure() {
  for (const page of pages) for (const width of widths) {
    const frame = document.createElement("iframe");
    frame.style.cssText = `width:${width}px;height:900px;border:0`;
    frame.src = page;
    const loaded = new Promise(done => frame.onload = done);
    document.body.append(frame);
    await loaded;
    const root = frame.contentDocument.documentElement;
    const style = frame.contentWindow.getComputedStyle(frame.contentDocument.body);
    found.push(`${page} ${width} ${root.scrollWidth} ${style.backgroundColor}`);
    frame.remove();
  }
  document.getElementById("found").textContent = found.join("\\n") + "\\nend";
}
measure();
</script>"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the library's name)
        """Say nothing."""


@pytest.fixture
def site(instance: Path, tmp_path: Path) -> Iterator[tuple[str, list[str]]]:
    """The published folder with the mail beside it, served on loopback; and what to look at."""
    feeds = instance / "feeds"
    for path in (instance / "outbox").rglob("*.eml"):
        mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        body = mail.get_body(("html",))
        assert body
        (feeds / f"{path.stem}.html").write_text(str(body.get_content()), encoding="utf-8")
    mails = [path.name for path in feeds.glob("*@*.html")]
    items = sorted((feeds / "items").iterdir())
    pages = ["index.html", "topics/mexico/index.html", f"items/{items[0].name}", *mails]
    pages += ["topics/mexico/2021.html", "corrections.html"]
    pages += ["digests/weekly/index.html", "digests/weekly/1.html"]
    (feeds / "measure.html").write_text(MEASURE % (pages, list(WIDTHS)), encoding="utf-8")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(feeds)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", pages
    server.shutdown()
    server.server_close()
    thread.join()


def test_no_page_and_no_mail_scrolls_sideways(site: tuple[str, list[str]], tmp_path: Path) -> None:
    address, pages = site
    ran = subprocess.run(
        [
            str(CHROMIUM),
            *FLAGS.split(),
            f"--user-data-dir={tmp_path / 'profile'}",
            "--virtual-time-budget=30000",
            "--dump-dom",
            f"{address}/measure.html",
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    found = re.search(r'<pre id="found">(.*?)\nend</pre>', ran.stdout, re.DOTALL)
    assert found, ran.stdout[-2000:]
    measured = [line.split(" ", 3) for line in found[1].splitlines()]
    assert len(measured) == len(pages) * len(WIDTHS)
    too_wide = [(page, width) for page, width, shown, _ in measured if int(shown) > int(width)]
    assert too_wide == []
