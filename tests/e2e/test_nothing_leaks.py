"""A whole life of an instance with people in it: no log, no list of processes and no page names an
address or has what is secret in a link."""

from __future__ import annotations

import re
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.e2e.conftest import call
from tests.e2e.test_serve import running
from tests.web_site import allow_subscribing

NAMES = ("ana", "luis", "maria", "newcomer", "stranger", "late.comer+tag")


def processes() -> str:
    """What everybody on the machine sees of every program: what it was called with."""
    found = []
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(place.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
        except OSError:
            continue
    return "\n".join(line for line in found if "tidings" in line)


def tokens(root: Path) -> set[str]:
    with closing(sqlite3.connect(f"file:{root / 'state' / 'tidings.db'}?mode=ro", uri=True)) as db:
        return {token for (token,) in db.execute("SELECT token FROM links")}


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_log_no_process_and_no_page_names_an_address_or_a_token(
    instance: Path, form: str
) -> None:
    allow_subscribing(instance)
    config = instance / "config" / "tidings.yaml"
    text = config.read_text("utf-8").replace("worker:\n", f"worker:\n  log: {form}\n", 1)
    text = re.sub(r"(?m)^mail:\n", "mail:\n  service_url: http://localhost:8000/\n", text, count=1)
    config.write_text(text, "utf-8")
    (instance / "seeds" / "new.txt").write_text(
        "12 May, 2026\n\nA second ferry comes\n\nShe sails on Sundays, they say.\n", "utf-8"
    )
    seen, secret = [], set[str]()
    with running(instance, "worker", "--serve") as (address, process):
        with httpx.Client(timeout=30) as web:
            secret |= live(web, address, instance)
            seen.append(processes())
            pages = ("/", "/nothing", "/metrics", "/healthz", "/privacy", "/subscribe/weekly")
            seen += [web.get(address + path).text for path in pages]
        process.send_signal(signal.SIGTERM)
        assert process.stderr
        seen.append(process.stderr.read())
        assert process.wait(30) == 0
    for words in (["run", "--send", "now"], ["-v", "status"], ["doctor"], ["report", "--csv"]):
        ran = call(instance, *words)
        seen.append(ran.stderr)
        seen += [ran.stdout] if words[0] == "report" else []
    secret |= tokens(instance)
    assert secret
    seen += [
        p.read_text("utf-8", "replace") for p in (instance / "feeds").rglob("*") if p.is_file()
    ]
    everything = "\n".join(seen)
    assert not [name for name in NAMES if f"{name}@" in everything]
    assert not [token for token in secret if token in everything]


def live(web: httpx.Client, address: str, instance: Path) -> set[str]:
    """Ask, confirm, choose, leave, with links that are whole, damaged and of strangers."""
    page = web.get(f"{address}/subscribe/weekly").text
    form = re.findall(r'name="form" value="([^"]+)"', page)[0]
    topics = re.findall(r'name="topics" value="([^"]+)"', page)
    for name in ("newcomer", "stranger", "late.comer+tag"):
        fields = {"form": form, "address": f"{name}@example.org", "topics": topics}
        assert web.post(f"{address}/subscribe/weekly", data=fields).status_code == 200
    found: set[str] = set()
    for _ in range(2_000):
        mails = list((instance / "outbox").rglob("confirm/**/*.eml"))
        if len(mails) == 3:
            break
        web.get(f"{address}/healthz")
    for mail in mails[:2]:
        body = mail.read_text("utf-8").replace("=\n", "").replace("=\r\n", "")
        link = re.search(r"/confirm/([\w.-]+)", body)
        assert link
        found.add(link[1])
        confirmed = web.post(f"{address}/confirm/{link[1]}")
        assert confirmed.status_code == 200, confirmed.text
        own = re.search(r"choices/([0-9a-f]{32})", confirmed.text)
        assert own
        found.add(own[1])
        assert web.post(f"{address}/leave/{own[1]}/").status_code == 200
        web.post(f"{address}/choices/{own[1]}", data={"act": "resume"})
        web.get(f"{address}/leave/{own[1][:-1]}")
        web.request("PUT", f"{address}/leave/{own[1]}")
    return found
