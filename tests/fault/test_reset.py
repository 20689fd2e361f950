"""`reset` starts items, editions and pages over; what people decided, and who they are, stays."""

from __future__ import annotations

import email
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.e2e.conftest import call, contents
from tests.fault.crashing import Crash, CrashingOutlet, CrashingStore, Failpoint, run_once
from tests.terminal import on_a_terminal
from tidings.adapters.machine import ProcessOwners
from tidings.adapters.outlet.folder import OutputFolder
from tidings.application.restore import start_over
from tidings.entrypoints import wiring
from tidings.state import new_lineage

RUN = ("run", "--send", "now")
PUBLIC = "feeds"
ITEMS = 19


@pytest.fixture
def news(small: Path, tmp_path: Path) -> Path:
    """A small instance whose first edition went to two people."""
    root = Path(shutil.copytree(small, tmp_path / "news"))
    assert call(root, *RUN).returncode == 0
    return root


def message_ids(root: Path) -> set[str]:
    mails = (root / "outbox").rglob("*.eml")
    return {email.message_from_bytes(mail.read_bytes())["Message-ID"] for mail in mails}


def files(root: Path) -> dict[str, bytes]:
    return {name: data for name, (data, _) in contents(root / PUBLIC).items()}


def test_without_a_terminal_it_says_what_goes_and_refuses_unless_told_yes(news: Path) -> None:
    before = contents(news)
    done = call(news, "reset")
    assert done.returncode == 2
    assert "--yes" in done.stderr
    for told in (f"{ITEMS} items", "1 edition", "2 deliveries", "2 messages", "the secret key"):
        assert told in done.stdout
    assert "mail" in done.stdout.split("then")[1]
    after = contents(news)
    after.pop("state/worker.lock", None)
    before.pop("state/worker.lock", None)
    assert after == before


def test_after_it_a_run_is_like_a_first_one_under_new_message_ids(news: Path) -> None:
    published, sent = files(news), message_ids(news)
    (news / PUBLIC / "robots.txt").write_text("mine", "utf-8")
    (news / PUBLIC / "items" / "mine.html").write_text("mine", "utf-8")
    key = (news / "state" / "secret.key").read_bytes()
    done = call(news, "reset", "--yes")
    assert done.returncode == 0, done.stderr
    assert set(files(news)) - {"robots.txt"} == {"items/mine.html"}
    assert list((news / "outbox").rglob("*.eml")) == []
    assert (news / "state" / "secret.key").read_bytes() == key
    assert call(news, "status").returncode == 0
    assert call(news, "doctor").returncode == 0
    again = call(news, *RUN)
    assert again.returncode == 0, again.stdout + again.stderr
    assert f"{ITEMS} new" in again.stdout
    assert "No. 1" in again.stdout
    assert set(published) <= set(files(news))
    assert len(message_ids(news)) == len(sent) == 2
    assert message_ids(news).isdisjoint(sent)


def test_a_digest_that_skips_what_is_known_mails_nothing_after_it(news: Path) -> None:
    digests = news / "config" / "digests.yaml"
    digests.write_text(
        digests.read_text("utf-8").replace("history: mail", "history: skip"), "utf-8"
    )
    assert call(news, "reset", "--yes").returncode == 0
    for _ in range(2):
        assert call(news, *RUN).returncode == 0
    assert message_ids(news) == set()


@pytest.mark.parametrize("option", [[], ["--people"]])
def test_who_left_or_was_erased_gets_nothing_after_it_and_others_as_the_option_says(
    news: Path, option: list[str]
) -> None:
    for words in (
        ("add", "eva@example.org", "--digest", "weekly"),
        ("remove", "ana@example.org"),
        ("pause", "luis@example.org"),
        ("erase", "eva@example.org"),
    ):
        done = call(news, "recipients", *words)
        assert done.returncode == 0, done.stderr
    people = news / "config" / "recipients.yaml"
    people.write_text(people.read_text("utf-8") + "    - eva@example.org\n", "utf-8")
    assert call(news, "reset", "--yes", *option).returncode == 0
    assert call(news, *RUN).returncode == 0
    got = {mail.name.partition("-")[2] for mail in (news / "outbox").rglob("*.eml")}
    assert got == ({"luis@example.org.eml"} if option else set())


def test_the_backup_that_it_makes_brings_back_the_old_state(news: Path) -> None:
    assert call(news, "reset", "--yes").returncode == 0
    (archive,) = news.glob("before-reset-*.tar")
    assert archive.stat().st_mode & 0o077 == 0
    shutil.unpack_archive(archive, news / "state", filter="data")
    refused = call(news, "status")
    assert "restored from a backup" in refused.stdout + refused.stderr
    assert call(news, "reset", "--yes").returncode == 1
    assert call(news, "state", "accept").returncode == 0
    assert "2" in call(news, "status").stdout


def test_it_refuses_when_no_backup_can_be_made(news: Path) -> None:
    database = news / "state" / "tidings.db"
    database.write_bytes(database.read_bytes()[:-1000])
    before = files(news)
    done = call(news, "reset", "--yes")
    assert done.returncode == 1
    assert "damaged" in done.stderr
    assert files(news) == before
    assert len(message_ids(news)) == 2


def test_it_waits_for_a_worker_to_be_stopped(news: Path) -> None:
    instance = wiring.load_instance(news, os.environ)
    with wiring.worker_lock(instance):
        done = call(news, "reset", "--yes")
    assert done.returncode == 75
    assert "stop it first" in done.stderr
    assert len(files(news)) > 2


def test_a_removed_state_names_it_and_it_begins_anew(news: Path) -> None:
    sent = message_ids(news)
    shutil.rmtree(news / "state")
    refused = call(news, "run")
    assert refused.returncode == 1
    assert "tidings reset" in refused.stderr
    assert call(news, "reset").returncode == 2
    assert call(news, "run").returncode == 1
    done = call(news, "reset", "--yes")
    assert done.returncode == 0, done.stderr
    assert "gone already" in done.stdout
    again = call(news, *RUN)
    assert again.returncode == 0, again.stderr
    assert "No. 1" in again.stdout
    assert message_ids(news).isdisjoint(sent)


def test_where_there_never_was_a_state_there_is_nothing_to_do(small: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(small, tmp_path / "new"))
    done = call(root, "reset")
    assert done.returncode == 0
    assert "no state yet" in done.stdout


# --- Whatever interrupts it ----------------------------------------------------------------------


class Outlet(CrashingOutlet):
    """Dies before or after a file is removed."""

    def remove(self, paths: Iterable[str]) -> None:
        for path in paths:
            self._failpoint("before a file is removed")
            super().remove([path])
        self._failpoint("after files were removed")


def reset(root: Path, failpoint: Failpoint) -> None:
    instance = wiring.load_instance(root, os.environ)
    store = wiring.open_state(instance)
    try:
        outlet = Outlet(OutputFolder(instance.root / wiring.PUBLISHED), failpoint)
        start_over(CrashingStore(store, failpoint), outlet, ProcessOwners(), new_lineage())
    finally:
        store.close()


def test_a_reset_that_dies_leaves_the_old_state_or_the_new_and_a_second_ends_it(
    small: Path, tmp_path: Path
) -> None:
    before = Path(shutil.copytree(small, tmp_path / "before"))
    run_once(before)
    published = files(before)
    rehearsed, passed = Path(shutil.copytree(before, tmp_path / "rehearsed")), Failpoint()
    reset(rehearsed, passed)
    removals = [at for at, each in enumerate(passed.passed, 1) if "removed" in each]
    others = [at for at, each in enumerate(passed.passed, 1) if "removed" not in each]
    committed = passed.passed.index("after a commit") + 1
    for at in (*others, removals[0], removals[len(removals) // 2], removals[-1]):
        root = Path(shutil.copytree(before, tmp_path / f"crash-{at}"))
        with pytest.raises(Crash):
            reset(root, Failpoint(at))
        report = run_once(root)
        assert report.recorded.new == (ITEMS if at >= committed else 0), at
        assert report.errors == []
        assert files(root).keys() == published.keys()
        reset(root, Failpoint())
        assert files(root) == {}


# --- On a terminal -------------------------------------------------------------------------------


def test_a_terminal_is_asked_and_no_leaves_everything_as_it_is(news: Path) -> None:
    before = files(news)
    assert "Start over? [y/N]" in on_a_terminal(news, ["n"], "reset")
    assert files(news) == before
    assert list(news.glob("before-reset-*")) == []
    assert "Started over." in on_a_terminal(news, ["y"], "reset")
    assert files(news) == {}
