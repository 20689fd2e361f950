"""`check` warns of what a site took over from the sample, and of people who get around with it."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.e2e.conftest import call
from tests.fault.conftest import ROOT

REAL = "https://news.city.es/"


@pytest.fixture
def news(tmp_path: Path) -> Path:
    """The sample, in a folder of its own."""
    root = tmp_path / "news"
    for name in ("config", "seeds", "templates"):
        shutil.copytree(ROOT / name, root / name)
    return root


def edit(root: Path, name: str, old: str, new: str) -> None:
    file = root / "config" / name
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


def found(root: Path, severity: str = "warning") -> list[str]:
    told = json.loads(call(root, "check", "--json").stdout)["problems"]
    return [f"{each['path']}: {each['message']}" for each in told if each["severity"] == severity]


def test_the_sample_as_it_is_gives_no_warning(news: Path) -> None:
    assert found(news) == []


@pytest.mark.parametrize("url", ["http://localhost:8000/", "https://news.example.org/"])
def test_sample_news_is_nobodys_business_under_an_address_that_is_a_placeholder(
    news: Path, url: str
) -> None:
    edit(news, "tidings.yaml", "http://localhost:8000/", url)
    assert not any("sample" in each for each in found(news))


def test_sample_news_sender_and_id_are_named_under_a_real_address(news: Path) -> None:
    edit(news, "tidings.yaml", "http://localhost:8000/", REAL)
    told = "\n".join(found(news))
    assert "seeds: seeds/000_b0bc31d75606c6af.txt and 4 more are the sample's news" in told
    assert told.count("news@example.org is a placeholder") == 2
    assert "permanent ids begin with it" in told


def test_sample_news_that_somebody_edited_is_theirs(news: Path) -> None:
    edit(news, "tidings.yaml", "http://localhost:8000/", REAL)
    for seed in (news / "seeds").iterdir():
        seed.write_bytes(seed.read_bytes() + b"\n")
    assert not any("sample" in each for each in found(news))


def test_a_changed_site_id_is_named_until_it_is_put_back_or_the_site_starts_over(
    news: Path,
) -> None:
    assert call(news, "run", "--send", "none").returncode == 0
    edit(news, "tidings.yaml", "news.example.org,2026", "city.es,2026")
    for _ in range(2):
        (told,) = found(news)
        assert "began as news.example.org,2026" in told
        assert call(news, "run", "--send", "none").returncode == 0
    assert call(news, "reset", "--yes").returncode == 0
    assert found(news) == []
    assert call(news, "run", "--send", "none").returncode == 0
    assert found(news) == []


@pytest.mark.skipif(not shutil.which("git"), reason="there is no git here")
@pytest.mark.parametrize("clone", [True, False], ids=["a clone", "a repository"])
def test_addresses_of_people_in_git_are_a_warning_in_a_clone_and_a_note_elsewhere(
    news: Path, clone: bool
) -> None:
    if clone:
        (news / "src" / "tidings" / "sample").mkdir(parents=True)
    edit(news, "recipients.yaml", "  # partners: {from", "  partners: {from")
    edit(news, "digests.yaml", "lists: [staff]", "lists: [staff, partners]")
    (news / "config" / "partners.csv").write_text("address\nana@city.es\n", "utf-8")
    severity, other = ("warning", "note") if clone else ("note", "warning")
    about = "Git tracks this file with addresses of people"
    assert not any(about in each for each in found(news, severity))
    subprocess.run(["git", "init", "-q"], cwd=news, check=True)
    assert not any(about in each for each in found(news, severity))
    subprocess.run(["git", "add", "-A"], cwd=news, check=True)
    told = [each.partition(":")[0] for each in found(news, severity) if about in each]
    assert told == ["config/partners.csv"]
    assert not any(about in each for each in found(news, other))


@pytest.mark.skipif(not shutil.which("git"), reason="there is no git here")
def test_addresses_that_are_kept_for_examples_are_nobodys(news: Path) -> None:
    (news / "src" / "tidings" / "sample").mkdir(parents=True)
    subprocess.run(["git", "init", "-q"], cwd=news, check=True)
    subprocess.run(["git", "add", "-A"], cwd=news, check=True)
    assert found(news) == []
