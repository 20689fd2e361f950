"""An editor's desk: who decides, and one transaction to decide in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from tidings.application.classify import Classifier
from tidings.application.finding import find_item
from tidings.core import identity
from tidings.core.changes import Circumstances, Minting
from tidings.core.moments import WINDOW, Moments
from tidings.errors import NotPossible
from tidings.model import Changes, Decision, DecisionKind, Item, Text
from tidings.state import Store, Transaction


@dataclass(frozen=True, slots=True)
class Editor:
    """Who decides, and when, on the items of which site. `reason` is "" where nobody gave one."""

    by: str
    reason: str
    now: datetime
    site_id: str
    zone: ZoneInfo
    classifier: Classifier


@dataclass(frozen=True, slots=True)
class Edited:
    """What came of a decision: the item, the other one if there is one, as they are now.

    Not `changed`: it was so already.
    """

    item: Item
    other: Item | None = None
    changed: bool = True


@contextmanager
def editing(store: Store, editor: Editor) -> Iterator[Desk]:
    """One transaction of an editor, with the topics as they are configured now."""
    with store.writing() as state:
        # First, as before any reading: what joins a topic by an edited rule is no news.
        run = editor.classifier.bring_up_to_date(state, editor.now)
        yield Desk(state, editor, run)


class Desk:
    """What an editor works with inside one transaction."""

    def __init__(self, state: Transaction, editor: Editor, run: int) -> None:
        self.state = state
        self.editor = editor
        self.moments = Moments(editor.now, state.items.moments(editor.now - WINDOW))
        self._run = run

    @property
    def run(self) -> int:
        """The change number of what is decided here."""
        self._run = self._run or self.state.new_run(self.editor.now)
        return self._run

    def find(self, name: str) -> Item:
        """The item that is meant; raises `NotPossible` for one that was merged away."""
        item = find_item(self.state, name)
        if item.merged_into:
            other = self.get(item.merged_into)
            raise NotPossible(
                f"{item.slug} was merged into {other.slug}: decide on that, or undo it with"
                f" `tidings merge {other.slug} {item.slug} --undo`"
            )
        return item

    def get(self, item_id: str) -> Item:
        """An item as it is now."""
        return self.state.items.get([item_id])[item_id]

    def change(self, changes: Changes) -> None:
        """Save changed items, and put them into their topics."""
        self.state.items.amend(changes, self.run)
        self.place(changes)

    def place(self, changes: Changes) -> None:
        """Put changed items into their topics, by what they and their sources say now."""
        self.editor.classifier.place(self.state, changes, self.run, self.editor.now)

    def decided(
        self, verdict: DecisionKind, item: Item, other: Item | None = None
    ) -> Decision | None:
        """The decision of this kind that stands, if there is one."""
        standing = [
            decision
            for decision in self.state.decisions.of([item.id])
            if decision.verdict is verdict
            and decision.undone_at is None
            and decision.item_id == item.id
            and (other is None or decision.other_id == other.id)
        ]
        return standing[-1] if standing else None

    def note(
        self,
        verdict: DecisionKind,
        item: Item,
        other: Item | None = None,
        path: str = "",
        memo: object = None,
    ) -> None:
        """Put a decision on record."""
        editor = self.editor
        self.state.decisions.add(
            Decision(
                verdict=verdict,
                item_id=item.id,
                at=editor.now,
                by=editor.by,
                reason=editor.reason,
                other_id=other.id if other else None,
                path=path,
                memo=json.dumps(memo or {}, ensure_ascii=False),
            )
        )

    def undo(self, decision: Decision) -> None:
        """Note that a decision no longer stands."""
        self.state.decisions.undo(decision.id, self.editor.now, self.editor.by)

    def minting(self, *texts: Text) -> Minting:
        """Ids and instants for items that say this."""
        site_id, now = self.editor.site_id, self.editor.now
        could = {identity.id_by_title(site_id, text.title) for text in texts}
        could |= {identity.id_by_entry(site_id, t.title, t.date, t.summary) for t in texts}
        taken = set(self.state.items.taken_ids(could))
        again = taken
        while again:
            again = set(self.state.items.taken_ids({identity.id_again(each) for each in again}))
            taken |= again
        days = {text.date for text in texts if text.date}
        instants = self.state.items.taken_instants(days)
        given = Circumstances(
            site_id=site_id,
            zone=self.editor.zone,
            now=now,
            taken_ids=taken,
            taken_instants=instants,
            undated_before=self.state.items.undated_at(now),
            moments=self.moments,
        )
        return Minting(frozenset(), given)
