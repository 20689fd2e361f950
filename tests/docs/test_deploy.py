"""What `deploy/` offers is sound: units, web server settings, manual page; and shells complete."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs import pages
from tests.docs.pages import ROOT

DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())
WEB = sorted((DEPLOY / "web").iterdir())
SERVICES = [unit for unit in UNITS if unit.suffix == ".service"]
PAGE = DEPLOY / "tidings.1"

# Of ten; what systemd calls "OK" ends at 4, and an unprotected service has 9.6.
MOST_EXPOSED = 2.0


def run(*command: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "LC_ALL": "C.UTF-8", **environ},
    )


def test_the_manual_page_says_what_the_command_line_says() -> None:
    made = run(sys.executable, str(DEPLOY / "manual.py"), "--print")
    assert made.stdout == PAGE.read_text(encoding="utf-8"), "`make manual` writes it anew"


@pytest.mark.skipif(not shutil.which("man"), reason="there is no man to render it with")
def test_the_manual_page_renders_without_a_warning() -> None:
    shown = run("man", "--warnings", "--local-file", str(PAGE), MANWIDTH="80")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "doctor" in shown.stdout


def settings(unit: Path) -> dict[str, str]:
    lines = unit.read_text(encoding="utf-8").splitlines()
    pairs = [line.partition("=") for line in lines if re.match(r"[A-Z]\w+=", line)]
    return {name: value for name, _, value in pairs}


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd here")
def test_systemd_understands_every_unit(tmp_path: Path) -> None:
    for unit in UNITS:
        text = unit.read_text(encoding="utf-8")
        # The command itself is not installed where this is tried out.
        (tmp_path / unit.name).write_text(
            re.sub(r"^ExecStart=\S+.*", "ExecStart=/bin/true", text, flags=re.MULTILINE), "utf-8"
        )
    checked = run("systemd-analyze", "verify", "--man=no", *map(str, tmp_path.iterdir()))
    if "Failed to initialize manager" in checked.stderr:
        pytest.skip("systemd does not work here")
    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd here")
@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_a_service_can_do_no_more_than_it_must(unit: Path) -> None:
    judged = run("systemd-analyze", "security", "--offline=true", str(unit))
    found = re.search(r"exposure level for \S+: ([\d.]+)", judged.stdout)
    if not found:
        pytest.skip(f"systemd cannot judge a file: {judged.stderr.strip()}")
    assert float(found[1]) < MOST_EXPOSED


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_all_services_are_protected_alike_and_call_verbs_that_there_are(unit: Path) -> None:
    said, worker = settings(unit), settings(DEPLOY / "systemd" / "tidings.service")
    protections = {name for name in worker if name.startswith(("Protect", "Restrict", "System"))}
    assert {name: said[name] for name in protections - {"RestartSec"}} == {
        name: worker[name] for name in protections - {"RestartSec"}
    }
    assert (said["User"], said["UMask"]) == ("tidings", "0077")
    words = said["ExecStart"].split()
    tried = run(sys.executable, "-m", "tidings", words[3], "--help")
    assert tried.returncode == 0
    assert {word for word in words[4:] if word.startswith("-")} <= set(tried.stdout.split())


@pytest.mark.parametrize("settings", WEB, ids=lambda path: path.name)
def test_settings_of_a_web_server_stand_whole_on_the_page_that_explains_them(
    settings: Path,
) -> None:
    text = settings.read_text(encoding="utf-8")
    showing = [page for page in pages.PAGES if text in pages.blocks(page, "text")]
    assert len(showing) == 1, "a page in docs/how-to/ shows it, word for word"
    assert f"[`{settings.name}`](../../deploy/web/{settings.name})" in pages.read(showing[0])


@pytest.mark.parametrize(
    ("typed", "offered"),
    [("tidings sta", {"status", "state"}), ("tidings doctor --", {"--deep", "--json", "--help"})],
)
def test_a_shell_completes_verbs_and_options(typed: str, offered: set[str]) -> None:
    completed = run(
        str(Path(sys.executable).with_name("tidings")),
        _TIDINGS_COMPLETE="complete_bash",
        COMP_WORDS=typed,
        COMP_CWORD=str(len(typed.split()) - 1),
    )
    assert offered <= set(completed.stdout.split())
