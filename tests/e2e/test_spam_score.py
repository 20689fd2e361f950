"""What a spam filter makes of the mails of the sample: nothing."""

from __future__ import annotations

import mailbox
import re
import shutil
import subprocess
from pathlib import Path

import pytest

SPAMASSASSIN = shutil.which("spamassassin")

pytestmark = pytest.mark.skipif(SPAMASSASSIN is None, reason="no spamassassin on this machine")


def test_no_mail_of_the_sample_looks_like_spam(sample_after_run: Path, tmp_path: Path) -> None:
    mails = sorted((sample_after_run / "outbox").rglob("*.eml"))
    assert mails
    together = mailbox.mbox(tmp_path / "mbox")
    for path in mails:
        together.add(path.read_bytes())
    together.close()
    judged = subprocess.run(
        # Local tests alone: no name server is asked, and nothing is learned or kept.
        [
            *(str(SPAMASSASSIN), "--local", "--test-mode", "--mbox"),
            *("--siteconfigpath", "/etc/spamassassin"),
            *("--prefs-file", str(tmp_path / "none"), "--cf=use_bayes 0"),
        ],
        input=(tmp_path / "mbox").read_bytes(),
        capture_output=True,
        timeout=120,
        check=True,
    )
    report = judged.stdout.decode("utf-8", "replace")
    scores = re.findall(r"Content analysis details:\s+\((-?[\d.]+) points", report)
    assert len(scores) == len(mails), report[-2000:]
    assert all(float(score) <= 0 for score in scores), report
