"""Starts an instance over: its items, editions and pages, while what people decided stays.

After it a run is like a first one. Message-IDs are made with a new lineage, so that no server takes
a message for one that it has had. It stands alone, as its moments to die in are tried one by one
without the command line.
"""

from __future__ import annotations

from tidings.application.ports import Outlet, Owners
from tidings.errors import StoreBusy
from tidings.state import Store
from tidings.state.health import ACCEPTED, BACKUP, GENERATION, LINEAGE, LastSeen


def start_over(
    store: Store, outlet: Outlet, owners: Owners, lineage: str, *, people: bool = False
) -> tuple[str, ...]:
    """Forget items, editions and deliveries, and remove what is published.

    With `people`, also what people decided, but for who left or was erased. Returns the published
    files that somebody else has changed: they stay, and are ours no more. Raises `StoreBusy` while
    mail is being sent, `StoreError`, and `PublishError` when a file cannot be removed: the state is
    new by then, and the next run removes it.
    """
    with store.exclusive():
        with store.writing() as state:
            senders = state.reset.senders()
            if senders - set(owners.dead(senders)):
                raise StoreBusy("mail is being sent: try again when that is done")
            state.reset.clear(people_too=people)
            state.remember(ACCEPTED, lineage)
        with store.reading() as state:
            ours = state.files.all()
        altered = tuple(sorted(path for path, file in ours.items() if not outlet.stands(file)))
        outlet.remove(sorted(ours.keys() - set(altered)))
        with store.writing() as state:
            state.files.forget(ours)
    return altered


def begin_afresh(store: Store, seen: LastSeen | None, lineage: str) -> None:
    """Let a new, empty state take the place of one that is gone; to be witnessed afterwards."""
    with store.writing() as state:
        state.remember(GENERATION, str((seen.generation if seen else 0) + 1))
        state.remember(LINEAGE, lineage)
        state.remember(ACCEPTED, lineage)
        state.remember(BACKUP, "")
