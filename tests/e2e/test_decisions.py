"""Retract, merge, split and history as people call them, also beside a worker."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.e2e.conftest import call, contents

OFFICIALS, STUDY, SCAMS = "700-officials", "iom-presents-key", "guatemala-raises"


@pytest.fixture
def news(sample_after_run: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sample_after_run, tmp_path / "news"))


def test_a_retraction_reaches_pages_feeds_and_mail(news: Path) -> None:
    done = call(news, "retract", OFFICIALS, "--reason", "Wrong figures.", "--by", "Ana")
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "Retracted.")
    ran = call(news, "run", "--send", "now", "--now", "2026-11-24T13:00:00Z")
    assert ran.returncode == 0, ran.stderr
    (page,) = (news / "feeds" / "items").glob("700-officials*.html")
    assert "Wrong figures." in page.read_text()
    assert "Retracted: 700 officials" in (news / "feeds" / "atom.xml").read_text()
    mails = sorted((news / "outbox" / "weekly" / "2").iterdir())
    assert mails
    assert all(b"Retracted. Wrong figures." in mail.read_bytes() for mail in mails)
    told = json.loads(call(news, "history", OFFICIALS, "--json").stdout)
    assert (told["format_version"], told["item"]["retracted"]) == (1, "Wrong figures.")
    assert [(d["decision"], d["by"], d["reason"]) for d in told["decisions"]] == [
        ("retract", "Ana", "Wrong figures.")
    ]


def test_a_merged_page_leads_to_the_other(news: Path) -> None:
    done = call(news, "merge", STUDY, SCAMS, "--json")
    answer = json.loads(done.stdout)
    assert (done.returncode, answer["changed"]) == (0, True)
    assert answer["other"]["merged_into"] == answer["item"]["id"]
    call(news, "run", "--send", "none", "--now", "2026-11-24T13:00:00Z")
    (page,) = (news / "feeds" / "items").glob("guatemala-raises*.html")
    assert f'href="../items/{answer["item"]["slug"]}.html"' in page.read_text()
    status = json.loads(call(news, "status", "--json").stdout)
    assert (status["items"]["total"], status["near"]) == (45, [])


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("retract", OFFICIALS), 2, "--reason"),
        (("retract", "no-such-thing", "--reason", "So."), 2, "there is no item 'no-such-thing'"),
        (("history", "iom"), 2, "could be any of these"),
        (("merge", STUDY, STUDY), 1, "one item already"),
        (("merge", STUDY, SCAMS, "--undo"), 1, "is not merged into"),
        (("merge", STUDY, SCAMS, "--undo", "--not"), 2, "use only one of them"),
        (("split", STUDY, "seeds/none.txt"), 1, "no source of"),
    ],
)
def test_what_cannot_be_done_says_why_and_changes_nothing(
    news: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    before = contents(news / "feeds")
    done = call(news, *arguments)
    assert (done.returncode, said in done.stderr, done.stdout) == (code, True, "")
    assert contents(news / "feeds") == before
    assert json.loads(call(news, "history", STUDY, "--json").stdout)["decisions"] == []


def test_history_looks_and_touches_nothing(news: Path) -> None:
    before = contents(news)
    done = call(news, "history", OFFICIALS)
    assert done.returncode == 0
    assert contents(news) == before


def test_a_source_takes_back_a_file_that_is_gone_and_says_when_all_are(news: Path) -> None:
    config = news / "config" / "tidings.yaml"
    written = config.read_text(encoding="utf-8")
    assert "    # removed: keep" in written
    config.write_text(
        written.replace("    # removed: keep", "    removed: retract"), encoding="utf-8"
    )
    seeds = sorted((news / "seeds").iterdir())
    seeds[0].unlink()
    ran = call(news, "run", "--send", "none", "--now", "2026-11-24T13:00:00Z", "--json")
    assert json.loads(ran.stdout)["items"]["retracted"] > 0
    for seed in seeds[1:]:
        seed.unlink()
    ran = call(news, "run", "--send", "none", "--now", "2026-11-24T14:00:00Z", "--json")
    answer = json.loads(ran.stdout)
    assert (ran.returncode, answer["items"]["retracted"]) == (1, 0)
    assert [problem["path"] for problem in answer["problems"]] == ["seeds/*.txt"]
