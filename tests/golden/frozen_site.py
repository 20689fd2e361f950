"""A site of any size whose outputs are frozen: configuration, listings, three runs, decisions.

Everything is derived from the number of an entry, so each call makes the same files. The program is
used by its command line only, at instants that are given: how its modules are cut does not matter
here.
"""

from __future__ import annotations

import csv
import json
import os
import random
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from tests import fork_server
from tests.known_links import without_links

KEY = "a key that everybody knows"
FIRST, SECOND, THIRD = "2026-03-02T15:00:00Z", "2026-03-09T15:00:00Z", "2026-03-16T15:00:00Z"
FIRST_DAY = date(2024, 1, 3)
ENTRIES = 10
_SIGNS = "harbour ferry quay lighthouse trawler dredger pilot buoy anchor winch sluice mole"
SIGNS = _SIGNS.split()
MONTHS = "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"
_WORDS = (
    "workers employers ministry border permits training regional agreement fair labour market "
    "office officials signed launched report guidance protection rights women young people "
    "communities returned families consulate season harvest wages survey council budget winter "
    "engineers school island bridge repair storm museum library tender contract opening"
)
WORDS = _WORDS.split()
TIDINGS = """\
site:
  id: harbour.example.org,2026
  title: Harbour & coast
  about: What happens between the moles, and a little beyond.
  url: https://harbour.example.org/news/
  time_zone: Europe/Lisbon
  author: {name: Harbour office, email: office@harbour.example.org}
sources:
  - path: seeds/es/*.txt
    language: es
    category: Costa
  - path: seeds/wire/*.txt
    removed: retract
  - path: seeds/*.*
feeds: {limit: 20, max: 60}
mail:
  service_url: https://post.example.org/
  postal_address: |
    Harbour office
    1 Quay Street
  unsubscribe: mailto:leave@harbour.example.org
"""
DIGESTS = """\
digests:
  weekly:
    title: Harbour weekly
    topics: all
    cadence: {every: week, on: monday, at: "08:00"}
    lists: [crew]
    history: mail
    max_items: 12
  ferries:
    title: Ferries, once a month
    topics: [ferry, quay]
    cadence: {every: month, on: 1, at: "06:30"}
    lists: [crew, partners]
    language: es
    subscribe: true
    public: false
"""
RECIPIENTS = """\
lists:
  crew:
    - {address: ana@example.org, start: everything}
    - {address: rui@example.org, name: Rui Núñez, topics: [ferry, lighthouse], start: everything}
    - {address: claire@example.org, language: fr, start: 8w}
    - {address: idle@example.org, paused: true}
    - {address: office@example.org, shared: true}
  partners: {from: partners.csv}
"""
PARTNERS = """\
address,name,topics,language,paused,shared
marta@example.org,Marta,quay,en,,
rui@example.org,Rui,ferry quay,,,
"""


@dataclass(frozen=True)
class Call:
    """A call of the command line, and how it went."""

    arguments: tuple[str, ...]
    code: int
    out: str
    err: str

    def __str__(self) -> str:
        told = f"$ tidings {' '.join(self.arguments)}\nexit code {self.code}\n"
        for name, text in (("output", self.out), ("errors", self.err)):
            told += f"--- {name}\n{text}" if text else ""
        return told


@dataclass(frozen=True)
class Site:
    """An instance in a folder, and calls on it."""

    root: Path

    def call(self, *arguments: str, at: str = SECOND) -> Call:
        """Call the program at an instant; paths in what it says are those in any folder."""
        epoch = datetime.fromisoformat(at).timestamp()
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.root),
            "LANG": "C.UTF-8",
            "COLUMNS": "80",
            "NO_COLOR": "1",
            "SOURCE_DATE_EPOCH": str(int(epoch)),
            "TIDINGS_SECRET_KEY": KEY,
        }
        if "TMPDIR" in os.environ:
            environ["TMPDIR"] = os.environ["TMPDIR"]
        ran = fork_server.call(["-C", str(self.root), *arguments], environ)
        words = tuple(map(self._plain, arguments))
        return Call(words, ran.returncode, self._plain(ran.stdout), self._plain(ran.stderr))

    def _plain(self, text: str) -> str:
        return text.replace(str(self.root), "SITE")

    def write(self, path: str, text: str) -> None:
        """Write a file of the instance, with a time of its own that is always the same."""
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
        os.utime(place, (1_767_225_600, 1_767_225_600 + len(text)))

    def files(self, folder: str) -> Iterator[tuple[str, bytes]]:
        """Every file below a folder of the instance, by its path there; links in mail masked."""
        state = self.root / "state" / "tidings.db"
        for path in sorted((self.root / folder).rglob("*")):
            if path.is_file():
                name, data = path.relative_to(self.root / folder).as_posix(), path.read_bytes()
                yield name, without_links(data, state) if folder == "outbox" else data


# --- Listings ------------------------------------------------------------------------------------


def entry(number: int) -> tuple[date | None, str, str]:
    """Day, title and summary of an entry; every 40th has no day, which only tables can say."""
    chance = random.Random(number)
    day = None if number % 40 == 8 else FIRST_DAY + timedelta(days=chance.randrange(780))
    signs = chance.sample(SIGNS, chance.choice((1, 1, 2)))
    words = " ".join(chance.sample(WORDS, 4))
    title = f"{words.capitalize()} {number} at the {' and '.join(signs)}"
    if number % 25 == 3:
        title = f"“{words.capitalize()}” & more: {number} < {number + 1} at the {signs[0]}"
    summary = " ".join(chance.choice(WORDS) for _ in range(30 + number % 30)).capitalize()
    return day, title, f"{summary}, says the São João desk."


def listing(numbers: Sequence[int], *, spanish: bool = False) -> str:
    """A listing of these entries as text."""
    return "\n".join(
        f"{_day(day, spanish=spanish)}{title}\n\n{summary}\n"
        for day, title, summary in map(entry, numbers)
    )


def _day(day: date | None, *, spanish: bool) -> str:
    if day is None:
        return ""
    if spanish:
        return f"{day.day} de {MONTHS.split()[day.month - 1]} de {day.year}\n\n"
    return f"{day:%d %B, %Y}\n\n"


def topics() -> str:
    """The rules: words, prefixes, phrases, distances, fields, sources, days; one was renamed."""
    plain = "".join(
        f"  {sign}:\n    title: {sign.capitalize()}s\n    any: [{sign}]\n" for sign in SIGNS[:6]
    )
    return f"""\
aliases:
  - [trawler, fishing boat]
topics:
{plain}  mexico:
    title: Pilots & buoys
    was: [pilots]
    about: Whoever shows the way
    any: [pilot*, "buoy ~6 anchor", title:winch]
    none: [sluice]
    tests:
      match: [A new pilot]
      no_match: [The quay was closed]
  recent:
    title: Fair work this year
    any: [fair, "labour market"]
    all: [workers]
    after: 2025-06
  costa:
    title: From the coast
    source: seeds/es/*.txt
    note: For the desk only.
"""


def make(root: Path, items: int) -> Site:
    """An instance with so many entries to come, a tenth of them in its second week."""
    site = Site(root)
    for name, text in {
        "tidings.yaml": TIDINGS,
        "digests.yaml": DIGESTS,
        "recipients.yaml": RECIPIENTS,
        "partners.csv": PARTNERS,
        "topics.yaml": topics(),
    }.items():
        site.write(f"config/{name}", text)
    texts = list(range(items * 8 // 10))
    for place, first in enumerate(range(0, len(texts), ENTRIES)):
        kind = ("", "", "wire/", "es/")[place % 4]
        some = texts[first : first + ENTRIES]
        site.write(f"seeds/{kind}{place:04}.txt", listing(some, spanish=kind == "es/"))
    tables(site, range(items * 8 // 10, items * 9 // 10))
    return site


def tables(site: Site, numbers: Sequence[int]) -> None:
    """The entries as a table, as JSON, and as an object a line."""
    rows = [
        {"date": day.isoformat() if day else "", "title": title, "summary": summary}
        for day, title, summary in map(entry, numbers)
    ]
    third = len(rows) // 3
    site.write("seeds/feed.json", json.dumps(rows[:third]))
    site.write("seeds/lines.jsonl", "".join(json.dumps(row) + "\n" for row in rows[third:-third]))
    with (site.root / "seeds" / "table.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, ["date", "title", "summary"])
        table.writeheader()
        table.writerows(rows[-third:])
    os.utime(site.root / "seeds" / "table.csv", (1_767_225_600, 1_767_225_600))


def second_week(site: Site, items: int) -> None:
    """New listings, corrected ones, an entry and a file that are gone, news that is there twice."""
    fresh = range(items * 9 // 10, items)
    for first in range(0, len(fresh), ENTRIES):
        site.write(f"seeds/week2-{first:04}.txt", listing(fresh[first : first + ENTRIES]))
    corrected = listing(range(ENTRIES)).replace("says the", "corrects the", 3)
    site.write("seeds/0000.txt", corrected)
    site.write(
        "seeds/0001.txt", listing(range(ENTRIES, 2 * ENTRIES)).replace(" at the ", " by the ")
    )
    site.write("seeds/wire/0002.txt", listing(range(2 * ENTRIES, 3 * ENTRIES - 2)))
    site.write("seeds/wire/again.txt", listing([*range(ENTRIES // 2), 3 * ENTRIES + 2]))
    (site.root / "seeds" / "0004.txt").unlink()
    # A rule that changed: items join and leave the topic.
    site.write("config/topics.yaml", topics().replace("any: [quay]", "any: [quay, mole, sluice]"))


def copied(site: Site, root: Path) -> Site:
    """The same instance in another folder, where a call may change it."""
    return Site(Path(shutil.copytree(site.root, root)))
