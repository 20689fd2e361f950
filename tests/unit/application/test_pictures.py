"""Pictures of items follow their files, and whatever has no picture stays as it is."""

from __future__ import annotations

import email
import email.policy
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image

from tests.minimal_site import write_minimal_site
from tidings.application import edit
from tidings.application.cycle import CycleReport, run_cycle
from tidings.entrypoints import wiring
from tidings.model import SeedStat

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
LISTING = """title,date,summary,image,alt
A harbour opens,2026-11-20,Ships come.,pics/harbour.jpg,"Ships, \"\"Ana\"\" among them"
A bridge is closed,2026-11-19,Cars go round.,,
A far lighthouse,2026-11-18,It shines.,https://example.org/light.png,A light
"""
CONFIG = "sources:\n  - path: seeds/*.csv\n"


class Pictured:
    """A small site with three items: one has a picture, one a picture elsewhere, one has none."""

    def __init__(self, root: Path) -> None:
        self.root = root
        write_minimal_site(root, title="Harbour news")
        with (root / "config/tidings.yaml").open("a", encoding="utf-8") as config:
            config.write(CONFIG)
        (root / "config/recipients.yaml").write_text("lists:\n  all: [ana@example.org]\n")
        digests = root / "config/digests.yaml"
        digests.write_text(
            digests.read_text().replace("topics: all", "topics: all\n    lists: [all]")
        )
        self.picture = root / "seeds/pics/harbour.jpg"
        self.picture.parent.mkdir()
        self.draw("red")
        (root / "seeds/news.csv").write_text(LISTING, encoding="utf-8")
        self.store = wiring.open_state(wiring.load_instance(root, {}))

    def draw(self, colour: str) -> None:
        Image.new("RGB", (900, 600), colour).save(self.picture)

    def run(self, send: str = "none") -> CycleReport:
        instance = wiring.load_instance(self.root, {})
        services = wiring.services(instance, self.store, wiring.clock(NOW))
        return run_cycle(services, send)  # type: ignore[arg-type]

    def published(self) -> dict[str, bytes]:
        feeds = self.root / "feeds"
        return {
            str(path.relative_to(feeds)): path.read_bytes()
            for path in feeds.rglob("*")
            if path.is_file()
        }

    def pictures(self) -> list[str]:
        return [path for path in self.published() if path.startswith("pictures/")]

    def page(self, start: str) -> str:
        [path] = self.root.glob(f"feeds/items/{start}*.html")
        return path.read_text(encoding="utf-8")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Pictured]:
    made = Pictured(tmp_path)
    yield made
    made.store.close()


def test_a_picture_is_on_its_page_and_in_all_feeds_with_its_size(site: Pictured) -> None:
    assert site.run().recorded.problems == []
    [path] = site.pictures()
    size = len(site.published()[path])
    address = f"http://localhost:8000/{path}"
    page = site.page("a-harbour")
    assert f'<img src="../{path}" width="900" height="600"' in page
    assert 'alt="Ships, &#34;Ana&#34; among them" loading="lazy"' in page
    atom = (site.root / "feeds/atom.xml").read_text()
    assert f'<link href="{address}" rel="enclosure" type="image/jpeg" length="{size}"/>' in atom
    rss = (site.root / "feeds/rss.xml").read_text()
    assert f'<enclosure url="{address}" length="{size}" type="image/jpeg"/>' in rss
    first = json.loads((site.root / "feeds/feed.json").read_text())["items"][0]
    assert first["image"] == address
    attached = {"url": address, "mime_type": "image/jpeg", "size_in_bytes": size}
    assert first["attachments"] == [attached]
    for other in ("a-bridge", "a-far"):
        assert "<img" not in site.page(other)


def test_mail_has_our_own_copy_with_words_and_is_whole_without(site: Pictured) -> None:
    site.run("now")
    [place] = site.root.glob("outbox/weekly/**/*.eml")
    mail = email.message_from_bytes(place.read_bytes(), policy=email.policy.default)
    html, text = mail.get_body(("html",)), mail.get_body(("plain",))
    assert html is not None
    assert text is not None
    [image] = re.findall(r"<img [^>]*>", html.get_content())
    assert f'src="http://localhost:8000/{site.pictures()[0]}"' in image
    assert 'width="600" height="400"' in image
    assert "Ships, &quot;Ana&quot; among them" in image
    for told in (html.get_content(), text.get_content()):
        assert "A harbour opens" in told
        assert "example.org/light" not in told


def test_a_high_picture_leaves_the_words_of_a_mail_near(site: Pictured) -> None:
    Image.new("RGB", (400, 1600), "red").save(site.picture)
    site.run("now")
    [place] = site.root.glob("outbox/weekly/**/*.eml")
    mail = email.message_from_bytes(place.read_bytes(), policy=email.policy.default)
    html = mail.get_body(("html",))
    assert html is not None
    assert 'width="150" height="600"' in html.get_content()


def test_pictures_elsewhere_are_linked_only_where_the_site_says_so(site: Pictured) -> None:
    config = site.root / "config/tidings.yaml"
    config.write_text(config.read_text().replace("  title:", "  remote_images: true\n  title:"))
    site.run("now")
    page = site.page("a-far")
    assert '<img src="https://example.org/light.png" alt="A light"' in page
    assert 'referrerpolicy="no-referrer"' in page
    assert "https://example.org/light.png" in (site.root / "feeds/atom.xml").read_text()
    [place] = site.root.glob("outbox/weekly/**/*.eml")
    assert "example.org/light" not in place.read_text()


def touched(before: dict[str, bytes], after: dict[str, bytes]) -> set[str]:
    return {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}


def is_of_harbour(path: str) -> bool:
    shared = ("atom.xml", "rss.xml", "feed.json", "sitemap")
    return path.startswith(("pictures/", "items/a-harbour", *shared))


def test_a_run_without_news_writes_nothing_and_unpacks_nothing(
    site: Pictured, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.run()
    before = site.published()
    monkeypatch.setattr("tidings.adapters.pictures.make", pytest.fail)
    report = site.run()
    assert report.published.written == 0
    assert site.published() == before


def test_a_picture_replaced_under_the_same_name_changes_its_item_alone(site: Pictured) -> None:
    site.run()
    before, [old] = site.published(), site.pictures()
    site.draw("blue")
    assert site.run().recorded.problems == []
    [new] = site.pictures()
    assert new != old
    assert new in site.page("a-harbour")
    changed = touched(before, site.published())
    assert {path for path in changed if not is_of_harbour(path)} == set()


def test_a_picture_that_is_gone_leaves_the_pages_and_is_told_at_its_entry(site: Pictured) -> None:
    site.run()
    before = site.published()
    site.picture.unlink()
    [problem] = site.run().recorded.problems
    assert (problem.path, problem.line) == ("seeds/news.csv", 2)
    assert problem.message == "the picture seeds/pics/harbour.jpg is not shown: the file is gone"
    assert site.pictures() == []
    assert "<img" not in site.page("a-harbour")
    assert {p for p in touched(before, site.published()) if not is_of_harbour(p)} == set()
    assert site.run().recorded.problems == []
    site.draw("red")
    assert site.run().recorded.problems == []
    assert len(site.pictures()) == 1


def test_a_picture_that_cannot_be_read_now_stays_as_it_was(
    site: Pictured, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tidings.adapters.seeds import RefusedError

    def refused(root: Path, path: str, limit: int) -> tuple[bytes, SeedStat]:
        raise RefusedError("permission denied", "let Tidings read the file", unreadable=True)

    site.run()
    before = site.published()
    site.draw("blue")
    with monkeypatch.context() as patched:
        patched.setattr(wiring, "whole", refused)
        [problem] = site.run().recorded.problems
    assert "is shown as it was before: permission denied" in problem.message
    assert site.published() == before


def link_to_secret(site: Pictured) -> None:
    secret = site.root / "secret.jpg"
    site.picture.rename(secret)
    site.picture.symlink_to(secret)


def linked_folder(site: Pictured) -> None:
    folder = site.picture.parent
    folder.rename(site.root / "elsewhere")
    folder.symlink_to(site.root / "elsewhere")


def a_folder(site: Pictured) -> None:
    site.picture.unlink()
    site.picture.mkdir()


def a_script(site: Pictured) -> None:
    site.picture.write_text("<svg onload='alert(1)'/>")


def too_large(site: Pictured) -> None:
    with site.picture.open("r+b") as file:
        file.truncate(25 * 2**20)


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (link_to_secret, "symbolic link"),
        (linked_folder, "symbolic link"),
        (a_folder, "not a file"),
        (a_script, "cannot be read as JPEG"),
        (too_large, "larger than"),
    ],
)
def test_what_is_no_picture_file_is_refused_at_its_entry(
    site: Pictured, spoil: Callable[[Pictured], None], why: str
) -> None:
    spoil(site)
    [problem] = site.run().recorded.problems
    assert why in problem.message
    assert (problem.path, problem.line) == ("seeds/news.csv", 2)
    assert site.pictures() == []
    assert "A harbour opens" in site.page("a-harbour")


def test_a_picture_taken_out_of_a_listing_goes(site: Pictured) -> None:
    site.run()
    listing = site.root / "seeds/news.csv"
    listing.write_text(LISTING.replace("pics/harbour.jpg", ""), encoding="utf-8")
    report = site.run()
    assert (report.recorded.revised, report.recorded.problems) == (0, [])
    assert site.pictures() == []
    assert "<img" not in site.page("a-harbour")


def test_what_is_retracted_shows_no_picture(site: Pictured) -> None:
    site.run()
    editor = wiring.editor(wiring.load_instance(site.root, {}), "Ana", "It was wrong.", NOW)
    [page] = site.root.glob("feeds/items/a-harbour*.html")
    edit.retract(site.store, editor, page.stem)
    site.run()
    assert site.pictures() == []
    assert "<img" not in site.page("a-harbour")


def test_when_all_pages_are_made_again_pictures_stand(
    site: Pictured, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.run()
    pictures = site.pictures()
    config = site.root / "config/tidings.yaml"
    config.write_text(config.read_text().replace("Harbour news", "Harbour and sea"))
    with monkeypatch.context() as patched:
        patched.setattr("tidings.adapters.pictures.make", pytest.fail)
        assert site.run().errors == []
    assert site.pictures() == pictures


def test_a_picture_that_is_lost_from_the_published_folder_is_made_again(site: Pictured) -> None:
    site.run()
    before = site.published()
    (site.root / "feeds" / site.pictures()[0]).unlink()
    instance = wiring.load_instance(site.root, {})
    services = wiring.services(instance, site.store, wiring.clock(NOW))
    run_cycle(services, "none", thorough=True)
    assert site.published() == before


def test_two_items_may_show_one_picture(site: Pictured) -> None:
    listing = site.root / "seeds/news.csv"
    listing.write_text(LISTING.replace("Cars go round.,,", "Cars go round.,pics/harbour.jpg,"))
    site.run()
    [path] = site.pictures()
    assert path in site.page("a-harbour")
    assert path in site.page("a-bridge")
