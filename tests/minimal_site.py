"""The smallest instance that there can be: no topics, no listings, one digest."""

from __future__ import annotations

from pathlib import Path

CONFIG = {
    "tidings.yaml": """
site:
  id: news.example.org,2026
  title: News
  url: http://localhost:8000/
  time_zone: UTC
  author: {name: Desk, email: desk@example.org}
""",
    "topics.yaml": "topics: {}\n",
    "digests.yaml": """
digests:
  weekly:
    title: Weekly
    topics: all
    cadence: {every: week, on: monday, at: "08:00"}
    history: mail
""",
    "recipients.yaml": "lists: {}\n",
}


def write_minimal_site(root: Path, *, title: str = "News", digest: str = "history: mail") -> None:
    """Write it into a folder, with that title and that last setting of its digest."""
    (root / "config").mkdir(exist_ok=True)
    for name, text in CONFIG.items():
        told = text.replace("title: News", f"title: {title}").replace("history: mail", digest)
        (root / "config" / name).write_text(told, encoding="utf-8")
    (root / "seeds").mkdir(exist_ok=True)
