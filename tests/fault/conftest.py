"""Instances to crash: a small one for every run of the tests, the sample for the long ones."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

TOPICS = """
topics:
  hubs:
    title: Information hubs
    any: [information hub]
  mexico:
    title: Mexico
    any: [mexic*]
"""
RECIPIENTS = """
lists:
  staff:
    - ana@example.org
    - {address: luis@example.org, topics: [hubs]}
"""


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample instance: configuration, listings, key."""
    folder = tmp_path_factory.mktemp("crash") / "sample"
    for name in ("config", "seeds", "templates"):
        shutil.copytree(ROOT / name, folder / name)
    (folder / "state").mkdir()
    (folder / "state" / "secret.key").write_text("the same in every copy", encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def small(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with two listings, two topics and two recipients."""
    folder = Path(shutil.copytree(sample, tmp_path_factory.mktemp("crash") / "small"))
    (folder / "config" / "topics.yaml").write_text(TOPICS, encoding="utf-8")
    (folder / "config" / "recipients.yaml").write_text(RECIPIENTS, encoding="utf-8")
    for seed in sorted((folder / "seeds").iterdir())[:3]:
        seed.unlink()
    return folder
