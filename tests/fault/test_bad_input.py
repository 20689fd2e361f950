"""Bad input never loses good input: what cannot be read is named, and the rest goes on."""

from __future__ import annotations

import json
import os
import resource
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests import fork_server
from tests.e2e.conftest import call, contents, fresh, instance, sample, sample_after_run

__all__ = ["fresh", "instance", "sample", "sample_after_run"]

LATER = "2026-11-24T18:00:00Z"


def run(folder: Path) -> tuple[int, dict[str, Any]]:
    ran = call(folder, "run", "--json", "--send", "none", "--now", LATER)
    assert "Traceback" not in ran.stderr, ran.stderr
    told: dict[str, Any] = json.loads(ran.stdout)
    return ran.returncode, told


def undecodable(seed: Path) -> None:
    seed.write_bytes(b"12 May, 2021\n\nA title in \xe9 latin one\n")


def empty(seed: Path) -> None:
    seed.write_bytes(b"")


def oversized(seed: Path) -> None:
    seed.write_bytes(b"x" * (8 * 2**20 + 1))


def a_pipe(seed: Path) -> None:
    os.mkfifo(seed)


def a_link(seed: Path) -> None:
    seed.symlink_to("/etc/hostname")


def a_folder(seed: Path) -> None:
    seed.mkdir()


def with_a_nul(seed: Path) -> None:
    seed.write_bytes(b"12 May, 2021\n\nA ti\x00tle\n")


def test_files_that_cannot_be_read_are_named_and_the_others_are_published(fresh: Path) -> None:
    spoilt = (undecodable, empty, oversized, a_pipe, a_link, a_folder, with_a_nul)
    for spoil in spoilt:
        spoil(fresh / "seeds" / f"{spoil.__name__}.txt")
    code, told = run(fresh)
    assert code == 1
    assert told["items"]["total"] == 46
    named = sorted({problem["path"] for problem in told["problems"]})
    assert named == sorted(f"seeds/{spoil.__name__}.txt" for spoil in spoilt)
    assert (fresh / "feeds" / "atom.xml").is_file()


def test_a_problem_fails_the_run_that_reads_it_and_stands_in_status_afterwards(
    fresh: Path,
) -> None:
    (fresh / "seeds" / "bad.txt").write_bytes(b"\xff\xff")
    assert run(fresh)[0] == 1
    code, told = run(fresh)
    assert (code, told["problems"]) == (0, [])
    status = json.loads(call(fresh, "status", "--json").stdout)
    assert [problem["path"] for problem in status["problems"]] == ["seeds/bad.txt"]
    assert status["ok"] is False
    (fresh / "seeds" / "bad.txt").unlink()
    assert run(fresh)[0] == 0
    assert json.loads(call(fresh, "status", "--json").stdout)["problems"] == []


def test_an_entry_that_cannot_be_read_is_named_by_line_and_its_neighbours_are_published(
    fresh: Path,
) -> None:
    (fresh / "seeds" / "mine.txt").write_text(
        "12 May, 2021\n\nA first title\n\nIts summary, long enough to be one.\n\n"
        "31 February, 2021\n\nA second title\n\nIts summary, long enough to be one.\n\n"
        "14 May, 2021\n\nA third title\n\nIts summary, long enough to be one.\n",
        encoding="utf-8",
    )
    code, told = run(fresh)
    assert code == 1
    assert told["items"]["total"] == 48
    (problem,) = told["problems"]
    assert (problem["path"], problem["line"]) == ("seeds/mine.txt", 7)


TIED = "".join(
    f"{title}\n\n{day} March 2026\n\n{text}\n\n"
    for day, title, text in (
        (3, "Two towns open information points for workers", "It is open at night"),
        (2, "Ministries agree on one form for work permits", "Forty beds and a canteen"),
        (1, "Ferry crews agree on rest days", "From July on"),
    )
)


def test_a_file_that_came_to_be_held_keeps_its_items_as_they_were_and_announces_nothing(
    fresh: Path,
) -> None:
    (fresh / "seeds" / "tied.txt").write_text(TIED, encoding="utf-8")
    settings = fresh / "config" / "tidings.yaml"
    plain = settings.read_text(encoding="utf-8")
    source = "sources:\n  - path: seeds/tied.txt\n    removed: retract\n    threshold: 0.999\n"
    settled = plain.replace("sources:\n", f"{source}    layout: dated-after\n", 1)
    settings.write_text(settled, encoding="utf-8")
    assert run(fresh)[0] == 0
    before = contents(fresh / "feeds")
    # As after an upgrade: the same file, and nothing says any more which reading is meant.
    settings.write_text(plain.replace("sources:\n", source, 1), encoding="utf-8")
    code, told = run(fresh)
    assert code == 1
    (problem,) = told["problems"]
    assert "dated-after" in problem["message"]
    assert "dated-before" in problem["message"]
    assert (told["items"]["total"], contents(fresh / "feeds")) == (49, before)
    assert run(fresh)[0] == 0
    status = json.loads(call(fresh, "status", "--json").stdout)
    assert [problem["path"] for problem in status["problems"]] == ["seeds/tied.txt"]
    settings.write_text(settled, encoding="utf-8")
    assert run(fresh)[0] == 0
    assert contents(fresh / "feeds") == before


def test_an_item_that_leaves_its_file_stays(instance: Path) -> None:
    for seed in (instance / "seeds").iterdir():
        text = seed.read_text(encoding="utf-8")
        if seed.name.startswith("000"):
            seed.write_text(text[: len(text) // 2], encoding="utf-8")
        else:
            seed.unlink()
    code, told = run(instance)
    assert (code, told["items"]["total"]) == (0, 46)


def test_an_empty_folder_of_listings_takes_nothing_back(instance: Path) -> None:
    before = contents(instance / "feeds")
    for seed in (instance / "seeds").iterdir():
        seed.unlink()
    code, told = run(instance)
    assert (code, told["items"]["total"]) == (0, 46)
    assert contents(instance / "feeds") == before


def limited(folder: Path, size: int) -> subprocess.CompletedProcess[str]:
    """A run in which no file may grow beyond `size` bytes, as on a disk that is full."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return subprocess.run(
        [fork_server.command(), "-C", str(folder), "run", "--send", "now", "--now", LATER],
        capture_output=True,
        text=True,
        timeout=120,
        preexec_fn=limit,
        check=False,
    )


@pytest.mark.parametrize(
    "size",
    [
        *(30_000, 200_000),
        *(pytest.param(size, marks=pytest.mark.slow) for size in (0, 4_000, 60_000, 400_000)),
    ],
)
def test_a_full_disk_ends_the_run_with_1_and_the_next_run_recovers(fresh: Path, size: int) -> None:
    ran = limited(fresh, size)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "Traceback" not in ran.stderr, ran.stderr
    for page in [*(fresh / "feeds").rglob("*.html"), *(fresh / "feeds").rglob("*.xml")]:
        assert page.read_text(encoding="utf-8").rstrip().endswith((">",)), page
    for mail in (fresh / "outbox").rglob("*.eml"):
        assert mail.read_bytes().rstrip().endswith(b"--"), mail
    recovered = call(fresh, "run", "--send", "now", "--now", LATER)
    assert recovered.returncode == 0, recovered.stdout + recovered.stderr
    assert len(list((fresh / "outbox").rglob("*.eml"))) == 3
    assert len(list((fresh / "feeds" / "items").iterdir())) == 46
    assert not list(fresh.rglob("*.tmp"))
