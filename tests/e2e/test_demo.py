"""`tidings demo` as a process: one address, pages and feeds behind it, and nothing left over."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from pathlib import Path

import feedparser
import httpx
import pytest

from tests import fork_server


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_the_demo_serves_the_sample_until_it_is_stopped_and_leaves_nothing(
    tmp_path: Path, stop: signal.Signals
) -> None:
    # Settings of a site of one's own: none of its mail may go out, and no state may be touched.
    own = {
        "TIDINGS_MAIL__TRANSPORT": "smtp://127.0.0.1:9",
        "TIDINGS_STATE": f"sqlite:///{tmp_path}/own.db",
        "TIDINGS_SITE__TITLE": "A site of my own",
        "TMPDIR": str(tmp_path),
    }
    with subprocess.Popen(
        [fork_server.REAL, "demo"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env={**os.environ, **own},
    ) as process:
        assert process.stdout
        said = ""
        for line in process.stdout:
            said += line
            if "stop" in line:
                break
        (address,) = re.findall(r"http://\S+", said)
        assert "Ctrl-C" in said
        assert "46 items in 10 topics" in said
        (folder,) = tmp_path.iterdir()
        assert folder.stat().st_mode & 0o777 == 0o700
        with httpx.Client(base_url=address, timeout=30) as web:
            home = web.get("").text
            assert "Labour migration news" in home
            topic = re.findall(r'href="(topics/[^"#]+/index\.html)"', home)[0]
            assert web.get(topic).status_code == 200
            feed = feedparser.parse(web.get("atom.xml").content)
            assert len(feed.entries) == 46
            assert all(entry.link.startswith(address) for entry in feed.entries)
            assert web.get(feed.entries[0].link).status_code == 200
        assert f"3 messages in {folder}/outbox" in said
        assert len([*folder.glob("outbox/**/*.eml")]) == 3
        process.send_signal(stop)
        assert process.wait(30) == 0
        assert "removed" in process.stdout.read()
    assert [*tmp_path.iterdir()] == []
