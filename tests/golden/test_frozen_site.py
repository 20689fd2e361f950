"""What the outside sees of a site stays as it is: files, documents, messages, exit codes, help.

`make bless` rewrites what is expected; the review then reads the diff. What is too large to be read
is kept as a hash: a line a file for the small site, a line a folder for the large one.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from difflib import unified_diff
from email import message_from_bytes
from pathlib import Path

import pytest

from tests.golden.frozen_site import (
    FIRST,
    SECOND,
    THIRD,
    Call,
    Site,
    copied,
    make,
    second_week,
)

KEPT = Path(__file__).parent / "frozen"
READ_IN_FULL = ("weekly/3/", "ferries/1/10-")
SMALL, LARGE = 100, 2_000


def test_every_verb_tells_of_itself_what_it_told(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    site = Site(tmp_path)
    made = {"command-line.txt": "\n".join(help_of(site))}
    for name in ("tidings", "topics", "digests", "recipients"):
        made[f"schema/{name}.json"] = site.call("schema", name).out
    compare("help", made, request)


def test_a_site_is_published_mailed_and_told_of_as_ever(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    compare("site", dict(life_of_a_site(make(tmp_path / "site", SMALL), SMALL)), request)


@pytest.mark.slow
def test_a_site_of_two_thousand_items_is_published_and_mailed_as_ever(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    site = make(tmp_path / "site", LARGE)
    made = {"first-week.txt": run(site, FIRST) + by_folder(site)}
    second_week(site, LARGE)
    made["second-week.txt"] = run(site, SECOND) + by_folder(site)
    made["mail.txt"] = mails(site)
    compare("large", made, request)


# --- What is made --------------------------------------------------------------------------------


def life_of_a_site(site: Site, items: int) -> Iterator[tuple[str, str]]:
    """Three weeks, and what each verb says in them, by the file that keeps it."""
    calls: dict[str, Call] = {}
    for name, words in BEFORE.items():
        calls[f"before/{name}"] = site.call(*words, at=FIRST)
    calls["1-run"] = site.call("run", "--send", "now", "--json", at=FIRST)
    yield "published-1.txt", by_file(site)
    second_week(site, items)
    for name, words in PLANS.items():
        calls[f"2-{name}"] = site.call(*words, at=SECOND)
    calls["2-run"] = site.call("run", "--json", "--send", "now", at=SECOND)
    calls["2-run-unchanged"] = site.call("run", "--json", at=SECOND)
    yield "published-2.txt", by_file(site)
    for name, words in DECISIONS.items():
        calls[f"3-{name}"] = site.call(*named(site, words), at=THIRD)
    for name, words in {**LOOKS, **MISTAKES}.items():
        kind = "looks" if name in LOOKS else "mistakes"
        calls[f"{kind}/{name}"] = site.call(*named(site, words), at=THIRD)
    calls["3-run"] = site.call("run", at=THIRD)
    yield "published-3.txt", by_file(site)
    other = copied(site, site.root.with_name("other"))
    (other.root / "seeds" / "0000.txt").write_bytes(
        "3 March, 2026\n\nA pe\xf1a\n".encode("latin-1")
    )
    for verb in ("run", "status"):
        calls[f"mistakes/listing-{verb}"] = other.call(verb, "--json", at=THIRD)
    calls["looks/doctor"] = without_the_machine(site.call("doctor", "--json", at=THIRD))
    other.write("config/digests.yaml", "digests:\n  weekly:\n    topics: [boats]\n    lists: x\n")
    for verb in ("check", "run", "plan", "status"):
        calls[f"mistakes/settings-{verb}"] = other.call(verb, at=THIRD)
    for name, call in calls.items():
        yield f"calls/{name}.txt", str(call)
    yield "exit-codes.txt", "".join(f"{call.code:>3}  {name}\n" for name, call in calls.items())
    yield "mail.txt", mails(site)
    for path, data in site.files("outbox"):
        if path.startswith(READ_IN_FULL):
            yield f"mail/{path}", data.decode("utf-8").replace("\r\n", "\n")
    yield "state.sql", schema_of(site.root / "state" / "tidings.db")


BEFORE = {
    "check": ["check", "--json"],
    "test": ["test", "--json"],
    "status": ["status", "--json"],
    "plan": ["plan", "--send", "now", "--detailed-exitcode"],
    "preview": ["preview", "weekly"],
}
PLANS = {
    "plan": ["plan", "--send", "now", "--json", "--detailed-exitcode"],
    "plan-in-words": ["plan", "--send", "now"],
    "plan-due": ["plan", "--json"],
}
# In a word, {N} is the slug of entry N.
DECISIONS = {
    "retract": ["retract", "{5}", "--reason", "The figures were wrong.", "--by", "Ana", "--json"],
    "retract-other": ["retract", "{6}", "--reason", "Not ours.", "--by", "Ana"],
    "retract-undo": ["retract", "{6}", "--undo", "--by", "Ana"],
    "merge": ["merge", "{44}", "{45}", "--reason", "One story.", "--by", "Ana", "--json"],
    "merge-not": ["merge", "{46}", "{47}", "--not", "--by", "Ana", "--json"],
    "split": ["split", "{1}", "seeds/wire/again.txt", "--by", "Ana", "--json"],
    "pause": ["recipients", "pause", "claire@example.org"],
    "remove": ["recipients", "remove", "marta@example.org"],
    "add": ["recipients", "add", "new@example.org", "--digest", "weekly"],
}
LOOKS = {
    "status": ["status", "--json"],
    "status-in-words": ["status"],
    "explain": ["explain", "{44}", "--json"],
    "explain-in-words": ["explain", "{44}"],
    "explain-topic": ["explain", "{44}", "--topic", "quay"],
    "explain-text": ["explain", "--text", "A pilot on the fishing boat", "--json"],
    "history": ["history", "{5}", "--json"],
    "history-in-words": ["history", "{1}"],
    "deliveries": ["deliveries", "list", "--json"],
    "deliveries-in-words": ["deliveries", "list", "--digest", "ferries"],
    "recipients": ["recipients", "list", "--json"],
    "recipients-in-words": ["recipients", "list"],
    "export": ["recipients", "export", "rui@example.org"],
    "parse": ["parse", "{SITE}/seeds/0000.txt", "--json"],
    "parse-in-words": ["parse", "{SITE}/seeds/es/0003.txt", "--language", "es"],
    "parse-table": ["parse", "{SITE}/seeds/table.csv", "--json"],
    "preview": ["preview", "weekly", "--recipient", "ana@example.org"],
    "preview-message": ["preview", "weekly", "--recipient", "rui@example.org", "--format", "eml"],
    "plan": ["plan", "--json"],
    "check-strict": ["check", "--strict"],
    "test-in-words": ["test"],
}
MISTAKES = {
    "no-such-verb": ["publish"],
    "no-such-option": ["run", "--fast"],
    "no-such-value": ["run", "--send", "later"],
    "no-such-item": ["history", "nothing-of-the-kind"],
    "several-items": ["history", "office"],
    "merged-with-itself": ["merge", "{46}", "{46}", "--by", "Ana"],
    "no-such-topic": ["explain", "{44}", "--topic", "quays"],
    "no-such-digest": ["preview", "weakly"],
    "no-such-recipient": ["preview", "weekly", "--recipient", "an@example.org"],
    "no-such-file": ["parse", "{SITE}/seeds/nothing.txt"],
    "no-such-source": ["split", "{1}", "seeds/none.txt", "--by", "Ana"],
    "no-such-address": ["recipients", "export", "nobody@example.org"],
    "no-instant": ["run", "--now", "yesterday"],
    "back-in-time": ["run", "--now", "2020-01-01"],
    "nothing-to-retry": ["deliveries", "retry", "999"],
    "sent-already": ["deliveries", "retry", "7"],
    "already-an-instance": ["init", "{SITE}"],
    "nothing-to-accept": ["state", "accept"],
}


def named(site: Site, words: list[str]) -> list[str]:
    """The words, with the slugs of entries in them."""

    def slug(found: re.Match[str]) -> str:
        number = int(found[1])
        paths = [path for path in (site.root / "feeds/items").iterdir()
                 if re.search(rf"-{number}-(at|by)-the-", path.name)]  # fmt: skip
        return min(paths).stem

    return [re.sub(r"\{(\d+)\}", slug, word).replace("{SITE}", str(site.root)) for word in words]


def without_the_machine(doctor: Call) -> Call:
    """What the doctor found, but for what it says of this machine and of who runs the tests."""
    told = json.loads(doctor.out)
    told["findings"] = [each for each in told["findings"] if each["check"] in OF_THE_SITE]
    return replace(doctor, out=json.dumps(told, indent=2) + "\n")


OF_THE_SITE = {"configuration", "worker", "state", "clock", "last round", "published", "mail"}


def run(site: Site, at: str) -> str:
    """A run that sends what there is; what it says for programs."""
    ran = site.call("run", "--send", "now", "--json", at=at)
    assert ran.code == 0, ran
    return ran.out


def by_file(site: Site) -> str:
    """A line for each published file: hash, size, path."""
    return "".join(
        f"{hashlib.sha256(data).hexdigest()[:16]} {len(data):>8} {path}\n"
        for path, data in site.files("feeds")
    )


def by_folder(site: Site) -> str:
    """A line for each kind of published files in each folder: how many, their size, one hash."""
    kinds: dict[str, list[tuple[str, bytes]]] = defaultdict(list)
    for path, data in site.files("feeds"):
        place = Path(path)
        folder = re.sub(r"\d+", "N", str(place.parent))
        kinds[f"{folder}/*{place.suffix}"].append((path, data))
    lines = []
    for kind, files in sorted(kinds.items()):
        together = hashlib.sha256()
        for path, data in files:
            together.update(f"{path}\n{len(data)}\n".encode() + data)
        size = sum(len(data) for _, data in files)
        lines.append(f"{together.hexdigest()[:16]} {len(files):>5} files {size:>9} {kind}\n")
    return "".join(lines)


def mails(site: Site) -> str:
    """A line for each message in the outbox: hash, size, path, Message-ID."""
    return "".join(
        f"{hashlib.sha256(data).hexdigest()[:16]} {len(data):>7} {path}"
        f" {message_from_bytes(data)['Message-ID']}\n"
        for path, data in site.files("outbox")
    )


def schema_of(state: Path) -> str:
    """The version of the state and all that is declared in it."""
    with sqlite3.connect(f"file:{state}?mode=ro", uri=True) as open_state:
        (version,) = open_state.execute("PRAGMA user_version").fetchone()
        rows = open_state.execute(
            "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type, name"
        ).fetchall()
    open_state.close()
    return f"PRAGMA user_version = {version};\n\n" + "\n\n".join(f"{sql};" for _, _, sql in rows)


def help_of(site: Site, *verb: str) -> Iterator[str]:
    """The help of the program or of a verb, and of all verbs below it."""
    told = site.call(*verb, "--help")
    assert told.code == 0, told
    yield str(told)
    _, _, below = told.out.partition("\nCommands:\n")
    for line in below.splitlines():
        if found := re.match(r"  ([a-z-]+)  ", line):
            yield from help_of(site, *verb, found[1])


# --- What is expected ----------------------------------------------------------------------------


def compare(name: str, made: Mapping[str, str], request: pytest.FixtureRequest) -> None:
    """Compare with what is kept, or keep it; a failure says where, and shows the first lines."""
    folder = KEPT / name
    if request.config.getoption("--bless"):
        shutil.rmtree(folder, ignore_errors=True)
        for path, text in made.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(readable(text), encoding="utf-8")
        return
    kept = {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file()
    }
    told = [f"missing: {path}" for path in sorted(set(kept) - set(made))]
    for path, text in sorted(made.items()):
        was, now = kept.get(path, "").splitlines(), readable(text).splitlines()
        if path not in kept or was != now:
            lines = list(unified_diff(was, now, f"kept/{path}", f"made/{path}", lineterm="", n=1))
            told += [*lines[:40], *(["..."] if len(lines) > 40 else [])]
    if told:
        pytest.fail("\n".join(told), pytrace=False)


def readable(text: str) -> str:
    """Text with one line end at its end."""
    return text.rstrip("\n") + "\n"
