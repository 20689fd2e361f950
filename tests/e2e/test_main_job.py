"""The main job on the five real listings, through the command line."""

from __future__ import annotations

import email
import email.policy
import json
import re
from pathlib import Path

import feedparser

from tests.e2e.conftest import call, call_anew, contents

LATER = "2026-11-24T18:00:00Z"


def entries(feed: Path) -> dict[str, tuple[str, str]]:
    """Each entry's bytes as text and its `updated`, by id."""
    blocks = re.findall(r"  <entry>.*?</entry>", feed.read_text(encoding="utf-8"), re.DOTALL)
    return {
        re.findall("<id>(.*?)</id>", block)[0]: (
            block,
            re.findall("<updated>(.*?)</updated>", block)[0],
        )
        for block in blocks
    }


def test_a_first_run_makes_46_items_of_49_listings_and_says_so(fresh: Path) -> None:
    ran = call(fresh, "run", "--json")
    told = json.loads(ran.stdout)
    assert ran.returncode == 0
    assert told["format_version"] == 1
    assert (told["files_read"], told["listings"]) == (5, 49)
    assert told["items"]["new"] == told["items"]["total"] == 46
    assert told["items"]["undated"] == 6
    assert told["editions"] == []


def test_every_topic_and_everything_have_a_feed_that_an_independent_parser_accepts(
    sample_after_run: Path,
) -> None:
    feeds = sample_after_run / "feeds"
    found = sorted(feeds.glob("topics/*/atom.xml"))
    assert len(found) == 10
    for path in [*found, feeds / "atom.xml"]:
        parsed = feedparser.parse(path.read_bytes())
        assert not parsed.bozo, path
        assert parsed.entries, path
        for entry in parsed.entries:
            assert entry.id.startswith("tag:news.example.org,")
            assert entry.title
            assert entry.updated
            page = entry.link.removeprefix("http://localhost:8000/")
            assert (feeds / page).is_file(), page
    assert len(feedparser.parse((feeds / "atom.xml").read_bytes()).entries) == 46


def test_a_second_run_changes_no_byte_and_no_modification_time(instance: Path) -> None:
    before = contents(instance / "feeds"), contents(instance / "outbox")
    ran = call(instance, "run", "--send", "now", "--now", LATER)
    assert ran.returncode == 0
    assert ran.stdout.startswith("Nothing new. 46 items in 10 topics.")
    assert (contents(instance / "feeds"), contents(instance / "outbox")) == before


def test_a_corrected_summary_moves_one_entry_and_leaves_every_other_as_it_was(
    instance: Path,
) -> None:
    corrections = {
        "000_b0bc31d75606c6af.txt": (
            "Over 35 government officials",
            "Over 36 government officials",
        ),
        "004_b665d6f815fb01d9.txt": ("More than 50 journalists", "More than 55 journalists"),
    }
    for name, (wrong, right) in corrections.items():
        before = entries(instance / "feeds" / "atom.xml")
        seed = instance / "seeds" / name
        text = seed.read_text(encoding="utf-8")
        assert text.count(wrong) == 1
        seed.write_text(text.replace(wrong, right), encoding="utf-8")
        ran = call(instance, "run", "--json", "--send", "none", "--now", LATER)
        assert json.loads(ran.stdout)["items"]["revised"] == 1, name
        after = entries(instance / "feeds" / "atom.xml")
        assert after.keys() == before.keys()
        changed = [key for key in after if after[key] != before[key]]
        assert len(changed) == 1
        assert right in after[changed[0]][0]
        assert after[changed[0]][1] > before[changed[0]][1]


def test_each_recipient_gets_the_edition_with_their_own_topics(sample_after_run: Path) -> None:
    folder = sample_after_run / "outbox" / "weekly" / "1"
    mails = {
        path.name.partition("-")[2]: email.message_from_bytes(
            path.read_bytes(), policy=email.policy.default
        )
        for path in folder.iterdir()
    }
    assert mails.keys() == {"ana@example.org.eml", "luis@example.org.eml", "maria@example.org.eml"}
    links = {}
    for name, mail in mails.items():
        assert not mail.defects
        assert [part.get_content_type() for part in mail.iter_parts()] == [
            "text/plain",
            "text/html",
        ]
        plain, html = (str(part.get_content()) for part in mail.iter_parts())
        links[name] = set(re.findall(r"http://localhost:8000/items/[\w-]+\.html", plain))
        assert links[name] == set(re.findall(r"http://localhost:8000/items/[\w-]+\.html", html))
        assert mail["Date"].datetime.isoformat() == "2026-11-24T12:00:00+00:00"
        assert mail["Auto-Submitted"] == "auto-generated"
    assert len(links["ana@example.org.eml"]) == 40, "46 items, 40 printed, 6 beyond max_items"
    assert len(links["luis@example.org.eml"]) == 5
    assert links["luis@example.org.eml"] != links["maria@example.org.eml"]
    assert mails["maria@example.org.eml"]["To"] == "María Núñez <maria@example.org>"
    assert len({mail["Message-ID"] for mail in mails.values()}) == 3


def test_pages_work_from_a_folder_every_relative_link_leads_somewhere(
    sample_after_run: Path,
) -> None:
    feeds = sample_after_run / "feeds"
    pages = sorted(feeds.rglob("*.html"))
    assert len(pages) == 95
    for page in pages:
        text = page.read_text(encoding="utf-8")
        for target in re.findall(r'(?:href|src)="([^"]+)"', text):
            if re.match(r"[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            place = (page.parent / path).resolve() if path else page
            assert place.is_file(), f"{page}: {target}"
            if anchor:
                assert f'id="{anchor}"' in place.read_text(encoding="utf-8"), f"{page}: {target}"


def test_an_item_page_is_the_alternate_link_and_finds_its_feed(sample_after_run: Path) -> None:
    page = next((sample_after_run / "feeds" / "items").glob("guatemala-raises-*.html"))
    text = page.read_text(encoding="utf-8")
    assert 'rel="alternate" type="application/atom+xml"' in text
    assert "Guatemala raises awareness about recruitment scams" in text
    assert "seeds/002_ab8f685e979ca790.txt" not in text


def test_whatever_is_deleted_or_altered_under_feeds_is_put_back(instance: Path) -> None:
    feeds = instance / "feeds"
    before = {path: data for path, (data, _) in contents(feeds).items()}
    (feeds / "atom.xml").unlink()
    (feeds / "index.html").write_text("defaced", encoding="utf-8")
    (feeds / "topics" / "mexico" / ".atom.xml.99.tmp").write_text("torn", encoding="utf-8")
    mine = feeds / "humans.txt"
    mine.write_text("mine", encoding="utf-8")
    assert call(instance, "run", "--send", "none").returncode == 0
    assert mine.read_text(encoding="utf-8") == "mine"
    mine.unlink()
    assert {path: data for path, (data, _) in contents(feeds).items()} == before


def test_a_topic_taken_out_of_the_configuration_loses_its_files_and_no_others(
    instance: Path,
) -> None:
    topics = instance / "config" / "topics.yaml"
    text = topics.read_text(encoding="utf-8")
    topics.write_text(text[: text.index("\n  mexico:")], encoding="utf-8")
    ran = call(instance, "run", "--send", "none")
    assert ran.returncode == 0, ran.stderr
    assert not (instance / "feeds" / "topics" / "mexico").exists()
    assert len(list((instance / "feeds" / "items").iterdir())) == 46


def test_the_same_instant_and_inputs_make_the_same_bytes(fresh: Path, tmp_path: Path) -> None:
    made = []
    for name in ("one", "two"):
        folder = tmp_path / name
        call(Path(), "init", str(folder), "--sample")
        # Really started, so with another order of whatever has none.
        ran = call_anew(folder, "run", SOURCE_DATE_EPOCH="1795608000")
        assert ran.returncode == 0, ran.stderr
        made.append({path: data for path, (data, _) in contents(folder / "feeds").items()})
    assert made[0] == made[1]
