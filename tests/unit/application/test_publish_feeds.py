"""All published feed documents, held to the rules of feed validators, whatever the titles say."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree

from tests.builders import HOUR, MONDAY, SITE, record_changes, topic
from tests.desk import Desk
from tests.feed_rules import atom_faults, json_faults, opml_faults, rss_faults, sitemap_faults
from tidings.core.feeds.model import NAMES
from tidings.model import Changes, Retraction

ATOM = "{http://www.w3.org/2005/Atom}"
LATER = MONDAY + HOUR
HOSTILE = {
    "control characters": "A boat\x00\x08\x0b\x1b\x7f\x9f\ufffe\uffff sinks",
    "the end of a section": "A boat ]]> sinks",
    "right to left": "\u202eA boat\u202c سفينة sinks",
    "emoji": "A boat 🛶👩🏽‍🚀\U0001f1e8\U0001f1f7 sinks",
    "a script": "<script>alert('a boat')</script>",
    "entities": "A boat &amp; &copy; &#0; &nosuch; sinks",
    "a document type": '<!DOCTYPE x [<!ENTITY boat "sinks">]> &boat;',
    "ten thousand letters": "A boat " + "x" * 10_000,
    "the end of an entry": "A boat</entry> </item>\n  </entry>\n  </item>\n</feed> sinks",
    "quotes": """A "boat" 'sinks' \\ \\u0000 </title>""",
}


def published(desk: Desk) -> dict[str, bytes]:
    desk.publish()
    folder = desk.root / "feeds"
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.suffix in (".xml", ".json")
    }


def faults(documents: dict[str, bytes]) -> list[str]:
    """Everything that is wrong with any document."""
    found: list[str] = []
    for path, data in documents.items():
        address = SITE.url + path
        name = Path(path).name
        if name == "opml.xml":
            said = opml_faults(data)
        elif name == "sitemap.xml":
            said = sitemap_faults(data, SITE.url)
        else:
            judge = dict(zip(NAMES, (atom_faults, rss_faults, json_faults), strict=True))[name]
            said = judge(data, address)
        found += [f"{path}: {fault}" for fault in said]
    return found


def test_an_empty_site_publishes_documents_without_fault(desk: Desk) -> None:
    desk.record()
    documents = published(desk)
    assert len(documents) == 11
    assert faults(documents) == []


def test_a_site_with_every_kind_of_item_publishes_documents_without_fault(desk: Desk) -> None:
    desk.topics = (topic("boats", "boat", about="All that floats"), topic("ports", "port"))
    lines = [
        "2026-01-05 | A boat | It floats.",
        "2026-01-05 | A port | It waits.",
        "| A boat, undated | s",
    ]
    desk.file("a.txt", *lines, "2026-01-07 | A boat in a port | At last.", "| No topic |")
    lines[0] = lines[0].replace("floats", "sank")
    desk.file("a.txt", *lines, "2026-01-07 | A boat in a port | At last.", now=LATER)
    retract(desk, "A boat in a port")
    assert faults(published(desk)) == []


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_text_leaves_documents_without_fault_and_other_entries_alone(
    desk: Desk, kind: str
) -> None:
    desk.file("a.txt", "2026-01-05 | A boat | It floats.")
    before = entries(published(desk)["atom.xml"])
    hostile = HOSTILE[kind]
    worse = replace(topic("boats", "boat", about=hostile), title=hostile)
    desk.topics = (worse, topic("ports", "port"))
    desk.file("b.txt", "2026-01-06 | Another boat | s", now=LATER)
    spoil(desk, "Another boat", hostile)
    desk.inputs = "again"
    documents = published(desk)
    assert faults(documents) == []
    after = entries(documents["atom.xml"])
    (known,) = before
    assert set(after) > {known}
    assert after[known]["title"] == before[known]["title"]
    assert after[known]["content"] == before[known]["content"]
    assert len(json.loads(documents["feed.json"])["items"]) == 2


# --- Parts ---------------------------------------------------------------------------------------


def entries(data: bytes) -> dict[str, dict[str, bytes]]:
    """Each entry of an Atom document by its id: its parts as they stand."""
    return {
        entry.findtext(f"{ATOM}id"): {etree.QName(c).localname: etree.tostring(c) for c in entry}
        for entry in etree.fromstring(data).iter(f"{ATOM}entry")
    }


def retract(desk: Desk, title: str) -> None:
    spoiled = replace(desk.items()[title], retraction=Retraction("It was a pontoon.", LATER + HOUR))
    with desk.store.writing() as state:
        changes = Changes(
            retracted=(spoiled,),
            sightings=state.items.entries(["seeds/a.txt"]).get("seeds/a.txt", ()),
        )
        record_changes(state, "seeds/a.txt", changes, state.new_run(LATER + HOUR))


def spoil(desk: Desk, title: str, text: str) -> None:
    """Put a text into the state that no reading of a listing would let through."""
    item = desk.items()[title]
    said = replace(item.text, title=text, summary=text, url=f"javascript:{text}")
    with desk.store.writing() as state:
        changes = Changes(
            revised=(replace(item, text=said),),
            sightings=state.items.entries(["seeds/b.txt"]).get("seeds/b.txt", ()),
        )
        record_changes(state, "seeds/b.txt", changes, state.new_run(LATER))
