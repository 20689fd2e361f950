"""The state through SQLAlchemy Core: what is recorded, announced and delivered. It is an SQLite
file, or a database that a PostgreSQL server keeps; nobody beyond this package sees the difference.

Three facts, never one flag. `Store.writing()` is one transaction under the state lock, committed
when the block ends and rolled back when it raises; `Store.reading()` sees one consistent snapshot.
A transaction belongs to the thread that opened it. All instants are aware and in UTC. Every method
raises `StoreError` when the state cannot be read or written, and `writing()` raises `StoreBusy`
when another process keeps the lock for longer than 30 s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from sqlalchemy import Connection, func, insert, select, update

from tidings.errors import StoreError
from tidings.state import rows
from tidings.state.access import (
    Place,
    Server,
    exposed,
    files_of,
    held,
    is_apart,
    is_held,
    make_folder,
)
from tidings.state.addresses import Addresses
from tidings.state.backup import back_up, examine
from tidings.state.choices import Choices
from tidings.state.database import open_for_accepting, open_for_writing
from tidings.state.database import rehearsal as database_rehearsal
from tidings.state.database import snapshot as database_snapshot
from tidings.state.deliveries import Deliveries
from tidings.state.editions import Editions
from tidings.state.figures import Figures
from tidings.state.files import Files, Sources
from tidings.state.health import RollbackGuard, new_lineage
from tidings.state.items import Decisions, Items
from tidings.state.limits import Limits
from tidings.state.links import Links
from tidings.state.openings import Audience, Openings
from tidings.state.people import People
from tidings.state.pictures import Pictures
from tidings.state.presence import Cleared, Presences, Recipients
from tidings.state.probes import Probes
from tidings.state.renames import Renames
from tidings.state.reset import Reset
from tidings.state.reviews import Reviews
from tidings.state.schema import notes, runs
from tidings.state.topics import ItemLists, Topics

if TYPE_CHECKING:
    from tidings.state.jobs import Jobs, Submit
    from tidings.state.server_locks import Lifeline
    from tidings.state.workers import Registration, ServerOwners, WorkerSeen

__all__ = [
    "Place",
    "RollbackGuard",
    "Server",
    "Store",
    "Transaction",
    "back_up",
    "examine",
    "exposed",
    "files_of",
    "held",
    "is_apart",
    "is_held",
    "make_folder",
    "migrate",
    "move",
    "new_lineage",
    "open_beside",
    "open_store",
    "open_unaccepted",
    "rehearsal",
    "snapshot",
    "who_holds",
    "working",
]


_VERSIONS = {
    "sqlite": "PRAGMA user_version",
    "postgresql": "SELECT max(number) FROM schema_version",
}


class _Database(Protocol):
    """A file, a server's database, or one that is tried and rolled back; see the modules."""

    needs_accept: str

    @property
    def upgraded_from(self) -> int: ...
    @property
    def take_places(self) -> Callable[[int, float], tuple[int, float]] | None: ...
    def writing(self) -> AbstractContextManager[Connection]: ...
    def sharing(self) -> AbstractContextManager[Connection]: ...
    def reading(self) -> AbstractContextManager[Connection]: ...
    def adapting(self) -> AbstractContextManager[Connection]: ...
    def exclusive(self) -> AbstractContextManager[None]: ...
    def owners(self, me: Registration) -> ServerOwners | None: ...
    def clock(self) -> Lifeline | None: ...
    def is_alone(self) -> bool: ...
    def close(self) -> None: ...


# Made once: it is asked with every few messages.
LAST_RUN = select(func.max(runs.c.number))


class Transaction:
    """Everything in the state, inside one transaction; each part is made when it is first used."""

    def __init__(self, connection: Connection, submit: Submit | None = None) -> None:
        self._db = connection
        self._submit = submit

    @cached_property
    def items(self) -> Items:
        """Items and what their files say of them."""
        return Items(self._db)

    @cached_property
    def decisions(self) -> Decisions:
        """What editors decided on items."""
        return Decisions(self._db)

    @cached_property
    def sources(self) -> Sources:
        """The seed files as last read."""
        return Sources(self._db)

    @cached_property
    def topics(self) -> Topics:
        """Who is in which topic."""
        return Topics(self._db)

    @cached_property
    def lists(self) -> ItemLists:
        """Items in the order of lists."""
        return ItemLists(self._db)

    @cached_property
    def editions(self) -> Editions:
        """Digests and their editions."""
        return Editions(self._db)

    @cached_property
    def deliveries(self) -> Deliveries:
        """Who got what, and what is still to be sent."""
        return Deliveries(self._db)

    @cached_property
    def cleared(self) -> Cleared:
        """Up to where nothing is owed to somebody any more."""
        return Cleared(self._db)

    @cached_property
    def openings(self) -> Openings:
        """What opening an edition asks and adds of deliveries."""
        return Openings(self._db)

    @cached_property
    def recipients(self) -> Recipients:
        """The people on lists."""
        return Recipients(self._db)

    @cached_property
    def audience(self) -> Audience:
        """Everybody who is on a digest, in portions."""
        return Audience(self._db)

    @cached_property
    def people(self) -> People:
        """What people and their mail servers did."""
        return People(self._db)

    @cached_property
    def choices(self) -> Choices:
        """What people chose for themselves."""
        return Choices(self._db)

    @cached_property
    def probes(self) -> Probes:
        """The messages that ask whether an address takes mail."""
        return Probes(self._db)

    @cached_property
    def addresses(self) -> Addresses:
        """Who gets mail at another address than before."""
        return Addresses(self._db)

    @cached_property
    def limits(self) -> Limits:
        """What is counted of strangers' requests, and whom nobody is to write to."""
        return Limits(self._db)

    @cached_property
    def figures(self) -> Figures:
        """What is counted of readers and of mail."""
        return Figures(self._db)

    @cached_property
    def links(self) -> Links:
        """What the links in mail stand for."""
        return Links(self._db)

    @cached_property
    def presences(self) -> Presences:
        """Who is on lists, and since when somebody gets a digest."""
        return Presences(self._db)

    @cached_property
    def renames(self) -> Renames:
        """What digests and topics were called."""
        return Renames(self._db)

    @cached_property
    def reviews(self) -> Reviews:
        """What waits for approval, and the notes of editors."""
        return Reviews(self._db)

    @cached_property
    def files(self) -> Files:
        """Which published files are ours."""
        return Files(self._db)

    @cached_property
    def pictures(self) -> Pictures:
        """The pictures of items."""
        return Pictures(self._db)

    @property
    def uses_queue(self) -> bool:
        """Whether there is a queue of jobs to tell of work."""
        return self._submit is not None

    @cached_property
    def jobs(self) -> Jobs:
        """The queue of jobs in the same database."""
        from tidings.state import jobs

        return jobs.Jobs(self._db, self._submit)

    @cached_property
    def reset(self) -> Reset:
        """Starting over."""
        return Reset(self._db)

    def version(self) -> int:
        """The version of the state, which a newer Tidings may have raised since it was opened."""
        return int(self._db.exec_driver_sql(_VERSIONS[self._db.dialect.name]).scalar() or 0)

    def note(self, name: str) -> str | None:
        """A single remembered value, such as the instant of the last cycle."""
        return self._db.scalar(select(notes.c.value).where(notes.c.name == name))

    def remember(self, name: str, value: str) -> None:
        """Set a single remembered value."""
        self._db.execute(rows.upsert(notes), {"name": name, "value": value})

    def workers(self) -> Sequence[WorkerSeen]:
        """The processes that work on a state on a server; none of those that work on a file."""
        if self._db.dialect.name != "postgresql":
            return ()
        from tidings.state import workers

        return workers.seen(self._db)

    def alter(self, name: str, change: Callable[[str | None], str]) -> str:
        """Set a remembered value to what is made of the one before ("" before the first), which
        nobody changes meanwhile; returns it."""
        self._db.execute(rows.insert_new(notes), {"name": name, "value": ""})
        kept = select(notes.c.value).where(notes.c.name == name).with_for_update()
        value = change(self._db.scalar(kept))
        self._db.execute(update(notes).where(notes.c.name == name).values(value=value))
        return value

    def last_run(self) -> int:
        """The change number of the last run that recorded anything; 0 before the first."""
        return self._db.scalar(LAST_RUN) or 0

    def first_run_after(self, number: int) -> datetime | None:
        """When something was first recorded after that change number; None if nothing was."""
        query = select(runs.c.at).where(runs.c.number > number).order_by(runs.c.number).limit(1)
        return self._db.scalar(query)

    def began(self) -> datetime | None:
        """When the first run recorded anything; None before."""
        return self._db.scalar(select(runs.c.at).order_by(runs.c.number).limit(1))

    def new_run(self, at: datetime) -> int:
        """Take the next change number."""
        number = self.last_run() + 1
        self._db.execute(insert(runs).values(number=number, at=at))
        return number


class Store:
    """The state."""

    def __init__(self, database: _Database) -> None:
        self._database = database
        self._submit: Submit | None = None

    def submit_to(self, submit: Submit) -> None:
        """From now on, tell a queue of jobs of the work that transactions make."""
        self._submit = submit

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        """One write transaction under the state lock; committed when the block ends well."""
        with self._database.writing() as connection:
            yield Transaction(connection, self._submit)

    @contextmanager
    def sharing(self) -> Iterator[Transaction]:
        """One write transaction that others may be beside on a server: for what one statement
        changes, on a condition that it names. Of a file it is as any other."""
        with self._database.sharing() as connection:
            yield Transaction(connection, self._submit)

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """One consistent snapshot."""
        with self._database.reading() as connection:
            yield Transaction(connection)

    @contextmanager
    def adapting(self) -> Iterator[Transaction]:
        """One transaction that brings the state up to date with what is configured: in a private
        copy, as verbs that only look have it, that copy alone."""
        with self._database.adapting() as connection:
            yield Transaction(connection)

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Alone in recording and publishing, whatever else this thread enters below it.

        A publication takes all that a run has changed, and remembers the run: it must not see half
        of one; and of two that publish, the one with the older snapshot must not have the last
        word. Raises `StoreBusy` when another process does either for longer than 30 s.
        """
        with self._database.exclusive():
            yield

    def owners(self, me: Registration) -> ServerOwners | None:
        """The processes that work on a state on a server, of which this is one; None for a file,
        of whose processes the machine knows."""
        return self._database.owners(me)

    def clock(self) -> Lifeline | None:
        """The time of the server, by which those go who share a state on it; None for a file."""
        return self._database.clock()

    def is_alone(self) -> bool:
        """Inside `exclusive`: whether that still holds. A server may have taken it back, and given
        it to another process, while this one was asleep."""
        return self._database.is_alone()

    @property
    def needs_accept(self) -> str:
        """Why the state must not be worked with until it is accepted; "" if it may."""
        return self._database.needs_accept

    @property
    def upgraded_from(self) -> int:
        """The version that the state was of before it was opened; 0 if that is the present one."""
        return self._database.upgraded_from

    @property
    def take_places(self) -> Callable[[int, float], tuple[int, float]] | None:
        """Takes the places of messages among all processes that send, as `rate.take_places` does;
        None where one process alone sends."""
        return self._database.take_places

    def be_witnessed(self, guard: RollbackGuard) -> None:
        """From now on this is the state that readers see."""
        with self._database.writing() as connection:
            guard.renew(connection)

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()


def open_store(place: Place, guard: RollbackGuard | None = None) -> Store:
    """Open the state, creating it at first use; see `open_for_writing` of the two modules."""
    return Store(_opened(place, guard))


def _opened(place: Place, guard: RollbackGuard | None = None) -> _Database:
    if isinstance(place, Server):
        from tidings.state import postgresql

        return postgresql.open_for_writing(place, guard)
    return open_for_writing(place, guard)


def open_beside(server: Server) -> Store:
    """Open a state on a server beside who publishes it; see `postgresql.open_beside`."""
    from tidings.state import postgresql

    return Store(postgresql.open_beside(server))


def open_unaccepted(place: Place) -> Store:
    """Open a state to accept it; see `open_for_accepting` of the two modules."""
    if isinstance(place, Server):
        from tidings.state import postgresql

        return Store(postgresql.open_for_accepting(place))
    return Store(open_for_accepting(place))


def move(source: Place, target: Place) -> Mapping[str, int]:
    """Carry a state to another place, which holds none, and leave word of that in the first.

    Returns how many rows of each table went. Nobody else may work with either.

    Raises `StoreError`, and the first is as it was.
    """
    from tidings.state import moving

    if source == target:
        raise StoreError(f"the state is in {target} already: nothing was moved")
    first, second = _opened(source), _opened(target)
    try:
        with first.writing() as old:
            with second.writing() as new:
                counted = moving.carry(old, new)
            moving.leave_word(old, target)
        return counted
    finally:
        for each in (first, second):
            each.close()


def working(server: Server, busy: str) -> AbstractContextManager[None]:
    """Held for a worker's life; see `postgresql.working`."""
    from tidings.state import postgresql

    return postgresql.working(server, busy)


def who_holds(server: Server) -> tuple[bool, bool]:
    """Whether a worker lives, and whether somebody records and publishes."""
    from tidings.state import postgresql

    return postgresql.who_holds(server)


def migrate(server: Server) -> tuple[int, int]:
    """Bring a state on a server up to date; see `postgresql.migrate`."""
    from tidings.state import postgresql

    return postgresql.migrate(server)


@contextmanager
def snapshot(place: Place, guard: RollbackGuard | None = None) -> Iterator[Store]:
    """The state for verbs that only look: a private copy of a file, one snapshot of a server's."""
    if isinstance(place, Server):
        from tidings.state import postgresql

        with postgresql.tried(place, guard, looking=True) as tried:
            yield Store(tried)
        return
    with database_snapshot(place, guard) as database:
        yield Store(database)


@contextmanager
def rehearsal(place: Place, guard: RollbackGuard | None = None) -> Iterator[Store]:
    """The state to try things on, of which nothing stays: a private copy of a file, a transaction
    that a server rolls back."""
    if isinstance(place, Server):
        from tidings.state import postgresql

        with postgresql.tried(place, guard, looking=False) as tried:
            yield Store(tried)
        return
    with database_rehearsal(place, guard) as database:
        yield Store(database)
