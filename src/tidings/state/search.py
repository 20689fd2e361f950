"""The index that searching asks, in a file of its own beside the state.

It follows from the state: whoever deletes it loses nothing, and recording pays nothing for it. It
is brought up to date by who is asked, before the answer: with what was published since, so that an
answer leads to no page that is not there yet. On SQLite's FTS5 (https://sqlite.org/fts5.html); on
another database the same functions would ask that database's own.

Words are put in folded, as rules compare them, so the index compares bytes alone. A row's place is
the second that its item is listed at: the newest come first without being sorted.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from itertools import islice, product
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from tidings.core.incidents import PUBLISHED_RUN
from tidings.core.topics.languages import Languages
from tidings.core.topics.plurals import BITS
from tidings.core.topics.queries import Part, Query
from tidings.core.topics.terms import MATCHER_VERSION, Groups, Phrase, phrases, plainly
from tidings.core.topics.text import words_of
from tidings.errors import StoreError
from tidings.model import Item
from tidings.state import access
from tidings.state.health import LINEAGE
from tidings.state.rows import chunks

if TYPE_CHECKING:
    from tidings.state import Transaction

# How many items an answer has at most; whoever finds more has asked for too little.
MOST_FOUND: Final = 1_000
# Items that are taken in while somebody waits for an answer: a tenth of a second; and with each
# call of who does not.
AT_ONCE: Final = 200
PORTION: Final = 1_000
# Ways to write one phrase, by its words' plurals and aliases. Forms that no text has count for
# none, so a phrase of seven words that all have a plural stays below.
MOST_WAYS: Final = 200

UNDATED: Final = "undated"

# Raise it when the tables, or what is put into them, change.
_VERSION = 1
_WORDS = """CREATE VIRTUAL TABLE words USING fts5(
    title, summary, facts, columnsize=0, prefix='2 3', tokenize="ascii tokenchars '.-_'")"""
_TABLES = (
    # What is to be taken in, so that a process that ends meanwhile goes on where it was.
    "CREATE TABLE pending (id TEXT PRIMARY KEY) WITHOUT ROWID",
    "CREATE TABLE marks (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE entries (place INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE)",
    # Beyond ASCII everything counts as a letter: texts come as words, with a space between them.
    _WORDS,
    "CREATE VIRTUAL TABLE vocabulary USING fts5vocab(words, 'instance')",
)
_IS_MADE = "SELECT 1 FROM sqlite_master WHERE name = 'words'"
_DATED = 1 << 40  # seconds; what has no date comes after all that has one
_BUSY_SECONDS = 5.0
_PATIENCE = 0.5  # seconds


class Found(NamedTuple):
    """The ids of one page of an answer, the newest first; how many items were found, of which no
    more than `MOST_FOUND` are counted; `more`, if there are more than these; and the phrases that
    were only looked for as they are written."""

    ids: tuple[str, ...] = ()
    total: int = 0
    more: bool = False
    as_written: tuple[str, ...] = ()


class SearchIndex:
    """The index of one state. May be used from any thread; several processes may share it.

    Every method raises `StoreError` where there can be no index: its message names the remedy.
    """

    def __init__(self, state: Path) -> None:
        self._path = access.index_of(state)
        self._writing = threading.Lock()
        self._idle: list[sqlite3.Connection] = []
        self._file: tuple[int, int] | None = None

    def follow(
        self, state: Transaction, languages: Languages, *, patiently: bool = False
    ) -> bool | None:
        """Take in what was published since the last time. What is much waits for whoever does so
        `patiently`: a portion with each call.

        Returns whether the index is up to date; None as long as it never was.
        """
        # Whoever is answered does not wait for a portion of what another thread takes in.
        if not self._writing.acquire(timeout=-1 if patiently else _PATIENCE):
            with self._open() as index:
                return _is_filled(index)
        try:
            with self._open() as index:
                try:
                    return _follow(index, state, languages, patiently=patiently)
                except sqlite3.OperationalError as error:
                    if "locked" not in str(error):
                        raise
                    return _is_filled(index)  # another process is at it
        finally:
            self._writing.release()

    def find(
        self,
        query: Query,
        groups: Groups,
        topic: str = "",
        year: str = "",
        page: slice = slice(None),
    ) -> Found:
        """The items that have all parts of the question and none of those `without`; of a topic, by
        its slug, and of a year, or `UNDATED`, if given. `page` says which of them are wanted."""
        with self._open() as index:
            languages = int(_marks(index).get("languages", 0))
            facts = [f"t-{topic}"] if topic else []
            facts += [f"y-{year}"] if year else []
            asked = _Expression(index, groups, languages)
            match = asked.of(query.parts, facts)
            if not match:
                return Found(as_written=tuple(asked.as_written))
            places = [
                place
                for (place,) in index.execute(
                    "SELECT rowid FROM words WHERE words MATCH ? ORDER BY rowid DESC LIMIT ?",
                    (match, MOST_FOUND + 1),
                )
            ]
            shown = places[:MOST_FOUND][page]
            ids = (
                index.execute("SELECT id FROM entries WHERE place = ?", (place,)).fetchone()
                for place in shown
            )
            return Found(
                tuple(row[0] for row in ids if row),
                min(len(places), MOST_FOUND),
                len(places) > MOST_FOUND,
                tuple(asked.as_written),
            )

    def years(self) -> tuple[str, ...]:
        """The years of what can be found, the newest first; "undated" last, if there is any."""
        with self._open() as index:
            found, after = [], "y-"
            # One term after the other: to ask for all at once would go through all items.
            query = "SELECT term FROM vocabulary WHERE term >= ? AND term < 'y.' LIMIT 1"
            while row := index.execute(query, (after,)).fetchone():
                found.append(row[0].removeprefix("y-"))
                after = f"{row[0]} "
        return tuple(sorted(found, key=lambda year: (year != UNDATED, year), reverse=True))

    def close(self) -> None:
        """Let go of the file."""
        while self._idle:
            self._idle.pop().close()

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """A connection to the file, which is made at first use, and anew once it is damaged."""
        here = _identity(self._path)
        if here != self._file or here is None:
            self.close()  # of a file that was deleted
        try:
            index = self._idle.pop() if self._idle else self._connect()
            self._file = _identity(self._path)
            try:
                yield index
            except BaseException:
                index.close()
                raise
            self._idle.append(index)
        except sqlite3.OperationalError as error:
            raise StoreError(_in_words(self._path, error)) from error
        except sqlite3.DatabaseError as error:
            self.close()
            for suffix in ("", "-wal", "-shm"):
                self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
            raise StoreError(
                f"{self._path} was damaged and is made again: search once more ({error})"
            ) from error

    def _connect(self) -> sqlite3.Connection:
        try:
            access.make_folder(self._path)  # there is none where a server keeps the state
            access.create(self._path)
        except OSError as error:
            raise StoreError(
                f"{self._path}: {error.strerror}: make its folder one that can be written"
            ) from error
        index = sqlite3.connect(
            self._path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            index.execute("PRAGMA journal_mode=WAL").close()
            index.execute("PRAGMA synchronous=NORMAL").close()
            if not index.execute(_IS_MADE).fetchone():
                with _transaction(index):
                    # Another may have made them meanwhile.
                    if not index.execute(_IS_MADE).fetchone():
                        _make(index)
        except BaseException:
            index.close()
            raise
        return index


def _in_words(path: Path, error: sqlite3.OperationalError) -> str:
    if "no such module" in str(error):
        return (
            "there is no search here, since this Python's SQLite was built without FTS5: use a"
            " Python whose SQLite has it, as those of python.org and of Debian have"
        )
    if "unable to open" in str(error) or "readonly" in str(error):
        return f"{path}: {error}: let the account that serves write into its folder"
    return f"{path}: {error}: free some space, or delete this file, which is made again"


# --- What goes in ---------------------------------------------------------------------------------


def _source(state: Transaction, languages: Languages) -> str:
    """What tells the state, and how its words are folded, from any other."""
    began = state.began()
    return json.dumps(
        [
            *(_VERSION, MATCHER_VERSION, languages.mark, state.note(LINEAGE) or ""),
            began.isoformat() if began else "",
        ]
    )


def _follow(
    index: sqlite3.Connection, state: Transaction, languages: Languages, *, patiently: bool
) -> bool | None:
    run = int(state.note(PUBLISHED_RUN) or 0)
    source, known = _source(state, languages), _marks(index)
    if known.get("source") != source or int(known["run"]) > run:
        with _transaction(index):
            for table in ("vocabulary", "words", "entries", "marks", "pending"):
                index.execute(f"DROP TABLE IF EXISTS {table}")
            _make(index)
            _mark(index, source=source, run="0", topics="{}")
        known = _marks(index)
    if known["run"] != str(run):
        ids = _touched(index, state, known, run)
        with _transaction(index):
            rows = ((item_id,) for item_id in sorted(ids))
            index.executemany("INSERT OR IGNORE INTO pending VALUES (?)", rows)
            _mark(index, run=str(run), topics=json.dumps(_fingerprints(state)))
    most = PORTION if patiently else AT_ONCE
    query = "SELECT id FROM pending LIMIT ?"
    ids = [item_id for (item_id,) in index.execute(query, (most + 1,))]
    if len(ids) > most and not patiently:
        return _is_filled(index)
    for portion in chunks(ids[:most]):
        with _transaction(index):
            _put(index, state, languages, portion)
            index.executemany("DELETE FROM pending WHERE id = ?", ((each,) for each in portion))
    if len(ids) > most:
        return _is_filled(index)
    if "filled" not in known:
        _mark(index, filled="1")
    return True


def _is_filled(index: sqlite3.Connection) -> bool | None:
    """False for an index that was up to date once; None for another."""
    return False if "filled" in _marks(index) else None


def _touched(
    index: sqlite3.Connection, state: Transaction, known: Mapping[str, str], run: int
) -> Collection[str]:
    """The items that were touched since the last run that is known, up to the one that is
    published; and those that an edited rule has put into a topic or taken out of one."""
    later = set(state.items.changed_since(run))
    ids = set(state.items.changed_since(int(known["run"])))
    before, now = json.loads(known["topics"]), _fingerprints(state)
    for slug in before.keys() | now.keys() if before else ():
        if before.get(slug) != now.get(slug):
            rows = index.execute(
                "SELECT id FROM words JOIN entries ON place = words.rowid WHERE words MATCH ?",
                (f'facts : "t-{slug}"',),
            )
            ids |= {item_id for (item_id,) in rows} ^ state.topics.member_ids(slug)
    return ids - later


def _fingerprints(state: Transaction) -> Mapping[str, str]:
    return {slug: each.fingerprint for slug, each in state.topics.records().items() if slug}


def _make(index: sqlite3.Connection) -> None:
    for statement in _TABLES:
        index.execute(statement)


def _put(
    index: sqlite3.Connection, state: Transaction, languages: Languages, ids: Sequence[str]
) -> None:
    items, topics = state.items.get(ids), state.topics.of(ids)
    bits = known = int(_marks(index).get("languages", 0))
    for item_id in ids:
        old = index.execute("SELECT place FROM entries WHERE id = ?", (item_id,)).fetchone()
        if old:
            index.execute("DELETE FROM words WHERE rowid = ?", old)
            index.execute("DELETE FROM entries WHERE place = ?", old)
        item = items.get(item_id)
        if item is None or item.retraction or item.merged_into:
            continue
        language, place = languages.of(item), _free(index, _place(item))
        bits |= BITS[language]
        year = item.date.year if item.date else UNDATED
        facts = [f"y-{year}", f"l-{language}", *(f"t-{slug}" for slug in topics.get(item_id, ()))]
        index.execute("INSERT INTO entries VALUES (?, ?)", (place, item_id))
        index.execute(
            "INSERT INTO words (rowid, title, summary, facts) VALUES (?, ?, ?, ?)",
            (place, _folded(item.title), _folded(item.summary), " ".join(facts)),
        )
    if bits != known:
        _mark(index, languages=str(bits))


def _place(item: Item) -> int:
    """Where an item stands in the order of lists, the higher the newer."""
    listed = item.published or item.arrived
    seconds = int((listed - datetime.min.replace(tzinfo=listed.tzinfo)).total_seconds())
    return seconds + (_DATED if item.date else 0)


def _free(index: sqlite3.Connection, place: int) -> int:
    while index.execute("SELECT 1 FROM entries WHERE place = ?", (place,)).fetchone():
        place -= 1
    return place


def _folded(text: str) -> str:
    return " ".join(word.plain for word in words_of(text))


# --- What is asked --------------------------------------------------------------------------------


class _Expression:
    """Writes a question in the language of FTS5: every word in quotes, so none is an operator."""

    def __init__(self, index: sqlite3.Connection, groups: Groups, languages: int) -> None:
        self._index = index
        self._groups = groups
        self._languages = languages
        self.as_written: list[str] = []

    def of(self, parts: Sequence[Part], facts: Sequence[str]) -> str:
        """The expression; "" if nothing can be found."""
        wanted = [self._part(part) for part in parts if not part.without]
        if not all(wanted) or not (wanted or facts):
            return ""
        wanted += [f"facts : {_quoted(fact)}" for fact in facts]
        found = " AND ".join(wanted)
        without = [each for part in parts if part.without and (each := self._part(part))]
        return f"({found}) NOT ({' OR '.join(without)})" if without else found

    def _part(self, part: Part) -> str:
        """What has a word or phrase in one of its forms; "" if no text has."""
        by_languages: dict[int, list[str]] = {}
        ways = (way for phrase in self._phrases(part) for way in self._ways(phrase))
        found = list(islice(dict.fromkeys(ways), MOST_WAYS + 1))
        if len(found) > MOST_WAYS:
            self.as_written.append(" ".join(part.side.words))
            found = found[:1]
        for words, bits in found:
            written = _quoted(" ".join(words)) + (" *" if part.side.prefix else "")
            by_languages.setdefault(bits & self._languages, []).append(written)
        columns = "{title summary}" if part.field is None else part.field
        clauses = []
        for bits, written_ways in by_languages.items():
            clause = f"{columns} : ({' OR '.join(written_ways)})"
            if bits != self._languages:
                spoken = [f'"l-{tag}"' for tag, bit in BITS.items() if bits & bit]
                clause = f"({clause} AND facts : ({' OR '.join(spoken)}))" if spoken else ""
            clauses.append(clause)
        clauses = [clause for clause in clauses if clause]
        return f"({' OR '.join(clauses)})" if clauses else ""

    def _phrases(self, part: Part) -> Sequence[Phrase]:
        try:
            return phrases(part.side, self._groups)
        except ValueError:  # the aliases give too many spellings
            self.as_written.append(" ".join(part.side.words))
            return phrases(part.side, Groups())

    def _ways(self, phrase: Phrase) -> Iterator[tuple[tuple[str, ...], int]]:
        """Every way to write a phrase that texts may have, with the bits of its languages."""
        forms = [self._forms(accepted, alone=len(phrase) == 1) for accepted in phrase.words]
        if phrase.beginning:
            forms[-1] = [(phrase.beginning, self._languages)]
        for chosen in product(*forms):
            bits = self._languages
            for _, of_form in chosen:
                bits &= of_form
            if bits:
                yield tuple(word for word, _ in chosen), bits

    def _forms(self, accepted: Mapping[str, int], *, alone: bool) -> list[tuple[str, int]]:
        found: dict[str, int] = {}
        for key, bits in accepted.items():
            (word,) = plainly((key,))
            if alone or self._is_known(word):
                found[word] = found.get(word, 0) | bits
        return list(found.items())

    def _is_known(self, word: str) -> bool:
        query = "SELECT 1 FROM vocabulary WHERE term = ? LIMIT 1"
        return self._index.execute(query, (word,)).fetchone() is not None


def _quoted(words: str) -> str:
    return '"' + words.replace('"', '""') + '"'


# --- SQLite ---------------------------------------------------------------------------------------


def _marks(index: sqlite3.Connection) -> dict[str, str]:
    return dict(index.execute("SELECT name, value FROM marks").fetchall())


def _mark(index: sqlite3.Connection, **marks: str) -> None:
    index.executemany("INSERT OR REPLACE INTO marks VALUES (?, ?)", marks.items())


@contextmanager
def _transaction(index: sqlite3.Connection) -> Iterator[None]:
    index.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        with suppress(sqlite3.Error):
            index.execute("ROLLBACK")
        raise
    index.execute("COMMIT")


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
