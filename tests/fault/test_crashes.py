"""A run that dies anywhere: the next run ends where an undisturbed one would have."""

from __future__ import annotations

import email
import email.policy
import shutil
from pathlib import Path

import pytest

from tests.fault.crashing import (
    Crash,
    Failpoint,
    dealt_out,
    moments,
    published,
    run_once,
)
from tests.sampling import parts


def mailed(root: Path) -> dict[str, bytes]:
    outbox = root / "outbox"
    return {str(p.relative_to(outbox)): p.read_bytes() for p in outbox.rglob("*") if p.is_file()}


def crash(sample: Path, scratch: Path, part: int, among: int) -> None:
    """Die at each moment of a part in turn, run again, and compare with an undisturbed run."""
    undisturbed = Path(shutil.copytree(sample, scratch / "undisturbed"))
    passed = moments(undisturbed)
    # The three transactions, and the mail and the files between them, are all among them.
    assert {
        "before a commit",
        "after a commit",
        "before files are put in place",
        "after files were put in place",
        "before a message",
        "after a message",
    } < set(passed)
    feeds, outbox = published(undisturbed), mailed(undisturbed)
    for at, moment in dealt_out(passed, part, among):
        folder = Path(shutil.copytree(sample, scratch / f"crash-{at}"))
        with pytest.raises(Crash):
            run_once(folder, Failpoint(at))
        report = run_once(folder)
        where = f"{at}. {moment}"
        assert (report.errors, report.delivered.waiting) == ([], 0), where
        assert published(folder) == feeds, where
        assert mailed(folder) == outbox, where
        shutil.rmtree(folder)


@pytest.mark.parametrize("part", parts(10, quick=(1,)))
def test_a_run_that_dies_before_or_after_any_side_effect_is_finished_by_the_next(
    small: Path, tmp_path: Path, part: int
) -> None:
    crash(small, tmp_path, part, among=10)


@pytest.mark.parametrize("part", parts(16, quick=()))
def test_so_is_a_run_on_the_whole_sample(sample: Path, tmp_path: Path, part: int) -> None:
    crash(sample, tmp_path, part, among=16)


def test_a_message_cut_short_is_sent_again_under_its_own_message_id(
    small: Path, tmp_path: Path
) -> None:
    rehearsal = Path(shutil.copytree(small, tmp_path / "rehearsal"))
    at = list(moments(rehearsal)).index("after a message") + 1
    folder = Path(shutil.copytree(small, tmp_path / "news"))
    with pytest.raises(Crash):
        run_once(folder, Failpoint(at))
    first = mailed(folder)
    report = run_once(folder)
    assert report.delivered.resent >= 1
    assert first.items() <= mailed(folder).items()
    ids = {email.message_from_bytes(data)["Message-ID"] for data in mailed(folder).values()}
    assert len(ids) == 2
