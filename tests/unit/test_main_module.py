"""What stands in front of the command line."""

from __future__ import annotations

import sys

import pytest

from tidings import __main__ as entry


def test_windows_is_told_what_it_lacks_and_what_works_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(SystemExit, match=r"WSL2 or in a container: docs/how-to/install\.md"):
        entry.main()
