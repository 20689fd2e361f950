"""The service's pages in a real browser: they fit a phone, and every field says what it is for."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tidings.core.tokens import MEMBER, Member
from tidings.entrypoints import wiring
from tidings.entrypoints.web import server
from tidings.entrypoints.web.app_state import AppState

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --hide-scrollbars "
    "--disable-background-networking --disable-component-update --disable-sync"
)

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")

# The pages refuse to be framed, as they should: what is measured is what was fetched of them.
LOOK = """<!DOCTYPE html><title>Look</title><body><pre id="found"></pre><script>
const pages = %s, widths = [320, 375, 700, 1280], found = [];
async function look() {
  for (const page of pages) for (const width of widths) {
    const frame = document.createElement("iframe");
    frame.style.cssText = `width:${width}px;height:900px;border:0`;
    const text = await (await fetch(page)).text();
    frame.srcdoc = text.replace("<head>", `<head><base href="${new URL(page, location)}">`);
    const loaded = new Promise(done => frame.onload = done);
    document.body.append(frame);
    await loaded;
    const inside = frame.contentDocument, root = inside.documentElement, faults = [];
    if (root.scrollWidth > width) faults.push(`is ${root.scrollWidth} wide`);
    if (inside.querySelectorAll("h1").length != 1) faults.push("has not one h1");
    for (const field of inside.querySelectorAll("input:not([type=hidden]), select"))
      if (!field.labels.length) faults.push(`${field.name} has no label`);
    for (const button of inside.querySelectorAll("button"))
      if (!button.textContent.trim() || button.offsetHeight < 40) faults.push("small button");
    if (inside.querySelector("script")) faults.push("has a script");
    found.push({page: new URL(page, location).pathname.split("/")[1], width, faults});
    frame.remove();
  }
  document.getElementById("found").textContent = JSON.stringify(found);
}
look();
</script>"""


def test_every_page_of_the_service_fits_a_phone_and_names_its_fields(
    instance: Path, tmp_path: Path
) -> None:
    digests = instance / "config/digests.yaml"
    said = digests.read_text(encoding="utf-8")
    digests.write_text(said.replace("    lists:", "    subscribe: true\n    lists:"))
    app_state = AppState(wiring.load_instance(instance, {}))
    token = app_state.signer.sign(MEMBER, Member("weekly", "ana@example.org").packed())
    paths = ["subscribe", "subscribe/weekly", f"leave/{token}", f"choices/{token}", "nothing/here"]
    look = instance / "feeds/look.html"
    look.write_text(LOOK % json.dumps([f"/{path}" for path in paths]), encoding="utf-8")
    with server.beside(app_state, "127.0.0.1", 0) as address:
        ran = subprocess.run(
            [
                str(CHROMIUM),
                *FLAGS.split(),
                f"--user-data-dir={tmp_path / 'profile'}",
                "--virtual-time-budget=20000",
                "--dump-dom",
                f"{address}/look.html",
            ],
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
    found = re.search(r'<pre id="found">(\[.*?\])</pre>', ran.stdout, re.DOTALL)
    assert found, ran.stdout[-2000:]
    looked = json.loads(found[1])
    assert len(looked) == len(paths) * 4
    assert [each for each in looked if each["faults"]] == []
