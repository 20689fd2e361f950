"""What a spam filter makes of the mails of the sample: nothing."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

SPAMASSASSIN = shutil.which("spamassassin")

pytestmark = pytest.mark.skipif(SPAMASSASSIN is None, reason="no spamassassin on this machine")


def test_no_mail_of_the_sample_looks_like_spam(instance: Path, tmp_path: Path) -> None:
    mails = sorted((instance / "outbox").rglob("*.eml"))
    assert mails
    for path in mails:
        judged = subprocess.run(
            # Local tests alone: no name server is asked, and nothing is learned or kept.
            [
                *(str(SPAMASSASSIN), "--local", "--test-mode"),
                *("--siteconfigpath", "/etc/spamassassin"),
                *("--prefs-file", str(tmp_path / "none"), "--cf=use_bayes 0"),
            ],
            input=path.read_bytes(),
            capture_output=True,
            timeout=120,
            check=True,
        )
        report = judged.stdout.decode("utf-8", "replace")
        score = re.search(r"Content analysis details:\s+\((-?[\d.]+) points", report)
        assert score, report[-2000:]
        assert float(score[1]) <= 0, report[report.index("Content analysis") :]
