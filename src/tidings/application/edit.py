"""Edits items: merge, split, retract, tell apart, their undoing, and the history of an item.

Each edit is one transaction and a decision on record: who, when and why. It holds against whatever
is read later. Readers of feeds see it with the next publication, and those who had the item by mail
with the next edition. Edits raise `NoSuchItem` for a name that is no item, and `NotPossible` for a
decision that does not fit the item.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from tidings.application.classify import Classifier
from tidings.core import identity
from tidings.core.changes import (
    ItemFactory,
    compare,
    filled,
    last_change,
    reinstated,
    retold,
    retracted,
)
from tidings.core.identity import WINDOW, UniqueTimestamps
from tidings.errors import NoSuchItem, NotPossible
from tidings.model import Changes, Decision, Image, Item, Problem, Retraction, SourceEntry, Text
from tidings.model import DecisionKind as Verdict
from tidings.state import Store, Transaction

SHOWN = 5


def find_item(state: Transaction, name: str) -> Item:
    """Find an item by its id, its slug, a unique beginning of either, or the URL of its page.

    Raises `NoSuchItem`, whose message names items that come near.
    """
    wanted = _bare(name)
    ids = state.items.named(wanted, SHOWN + 1)
    if len(ids) == 1:
        return state.items.get(ids)[ids[0]]
    if ids:
        raise NoSuchItem(f"{name!r} could be any of these; say more of it:\n{_shown(state, ids)}")
    words = re.findall(r"[a-z0-9]+", wanted)
    # All of its words, or else one of them: the longest say most.
    for some in [words, *([word] for word in sorted(words, key=len, reverse=True))]:
        near = state.items.reminding_of(some, SHOWN) if some else ()
        if near:
            break
    if near:
        raise NoSuchItem(f"there is no item {name!r}; these come near:\n{_shown(state, near)}")
    raise NoSuchItem(
        f"there is no item {name!r}: an item is named by its id, or by its slug, the name of its"
        " page; the beginning of either is enough"
    )


def _bare(name: str) -> str:
    last = name.strip().rsplit("/", 1)[-1]
    return last.removesuffix(".html").casefold()


def _shown(state: Transaction, ids: Sequence[str]) -> str:
    items = state.items.get(ids)
    listed = [f"  {items[item_id].slug}  {items[item_id].title}" for item_id in ids[:SHOWN]]
    return "\n".join([*listed, "  and more"] if len(ids) > SHOWN else listed)


# --- The session ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Editor:
    """Who edits the items of a site, when, and why; `reason` may be ""."""

    by: str
    reason: str
    now: datetime
    site_id: str
    zone: ZoneInfo
    classifier: Classifier


@dataclass(frozen=True, slots=True)
class EditResult:
    """The item after an edit, and the other one if any; not `changed`: it was so already.

    `waiting` counts the messages that wait and leave the item out now.
    """

    item: Item
    other: Item | None = None
    changed: bool = True
    waiting: int = 0


@contextmanager
def open_session(store: Store, editor: Editor) -> Iterator[EditSession]:
    """Open a transaction for one edit, with the topics as they are configured now."""
    with store.writing() as state:
        # First, as before any reading: what joins a topic by an edited rule is no news.
        run = editor.classifier.bring_up_to_date(state, editor.now)
        yield EditSession(state, editor, run)


class EditSession:
    """The steps that edits are made of, inside one transaction."""

    def __init__(self, state: Transaction, editor: Editor, run: int) -> None:
        self.state = state
        self.editor = editor
        self.moments = UniqueTimestamps(editor.now, state.items.moments(editor.now - WINDOW))
        self._run = run

    @property
    def run(self) -> int:
        """The run number of this edit."""
        self._run = self._run or self.state.new_run(self.editor.now)
        return self._run

    def find(self, name: str) -> Item:
        """Find an item; raises `NotPossible` for one that was merged into another."""
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
        """Save changed items and classify them."""
        self.state.items.amend(changes, self.run)
        self.place(changes)

    def place(self, changes: Changes) -> None:
        """Classify changed items by what they and their sources say now."""
        self.editor.classifier.place(self.state, changes, self.run, self.editor.now)

    def decided(
        self, verdict: Verdict, item: Item, other: Item | None = None, path: str | None = None
    ) -> Decision | None:
        """The last decision of this kind on the item that was not undone, if there is one; with
        `path`, on what that file says of it."""
        standing = [
            decision
            for decision in self.state.decisions.of([item.id])
            if decision.verdict is verdict
            and decision.undone_at is None
            and decision.item_id == item.id
            and (other is None or decision.other_id == other.id)
            and (path is None or decision.path == path)
        ]
        return standing[-1] if standing else None

    def note(
        self,
        verdict: Verdict,
        item: Item,
        other: Item | None = None,
        path: str = "",
        memo: object = None,
    ) -> None:
        """Record a decision; `memo` is what undoing it needs to know."""
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
        """Record that a decision was undone."""
        self.state.decisions.undo(decision.id, self.editor.now, self.editor.by)

    def factory(self, *texts: Text) -> ItemFactory:
        """A factory of items with these texts, with ids and timestamps that are free."""
        site_id, items = self.editor.site_id, self.state.items
        could = {identity.id_by_title(site_id, text.title) for text in texts}
        could |= {identity.id_by_entry(site_id, t.title, t.date, t.summary) for t in texts}
        taken = set(items.taken_ids(could))
        again = taken
        while again:
            again = set(items.taken_ids({identity.id_again(each) for each in again}))
            taken |= again
        instants = items.taken_instants({text.date for text in texts if text.date})
        undated = items.undated_at(self.editor.now)
        return ItemFactory(site_id, self.editor.zone, self.moments, taken, instants, undated)


def _text_to_json(text: Text) -> dict[str, object]:
    """A text as data for the memo of a decision."""
    plain = asdict(text) | {"date": text.date.isoformat() if text.date else None}
    if text.image is None:
        del plain["image"]
    return plain


def _text_from_json(plain: object) -> Text:
    """The text of such data; raises `NotPossible` if it cannot be read."""
    if not isinstance(plain, dict):
        raise NotPossible("the record of that decision cannot be read")
    day, image = plain["date"], plain.get("image")
    given = {"date": date.fromisoformat(day) if day else None}
    return Text(**plain | given | {"image": Image(**image) if image else None})


# --- Merging --------------------------------------------------------------------------------------


def merge(store: Store, editor: Editor, name: str, other_name: str) -> EditResult:
    """Merge `other_name` into `name`.

    Its sources become those of `name`, also for what is read later, and its page leads there.
    """
    with open_session(store, editor) as session:
        item, other = session.find(name), find_item(session.state, other_name)
        if other.merged_into == item.id:
            return EditResult(item, other, changed=False)
        if other.merged_into:
            session.find(other.slug)
        if other.id == item.id:
            raise NotPossible(f"{name} and {other_name} are one item already: {item.slug}")
        return join(session, item, other)


def join(session: EditSession, item: Item, other: Item, *, fill: bool = True) -> EditResult:
    """Merge `other` into `item`, which takes over what it lacks if `fill`."""
    became = _with_missing_parts(session, item, filled(item.text, other.text)) if fill else item
    own = [seen for seen in other.sources if seen.item_id == other.id]
    session.state.items.merge(other.id, item.id, item.revision, session.run)
    away = session.get(other.id)
    session.change(Changes(filled=(became, away)))
    counted = session.state.editions.count_for(other.id, item.id)
    apart = session.decided(Verdict.DISTINCT, item, other)
    if apart:
        session.undo(apart)
    session.note(
        Verdict.MERGE,
        item,
        other,
        memo={
            "was": _text_to_json(item.text),
            "became": _text_to_json(became.text),
            "published": item.published.isoformat() if item.published else None,
            "revision": item.revision,
            "counted": counted,
            "said": {seen.ref.path: _text_to_json(seen.text) for seen in own},
        },
    )
    return EditResult(session.get(item.id), away)


def undo_merge(store: Store, editor: Editor, name: str, other_name: str) -> EditResult:
    """Undo a merge: each item has its own sources again."""
    with open_session(store, editor) as session:
        item, other = find_item(session.state, name), find_item(session.state, other_name)
        if other.merged_into != item.id:
            raise NotPossible(f"{other.slug} is not merged into {item.slug}")
        return part(session, item, other)


def part(session: EditSession, item: Item, other: Item) -> EditResult:
    """Separate two merged items, and take back what the merge filled in."""
    decision = session.decided(Verdict.MERGE, item, other)
    memo = json.loads(decision.memo) if decision else {}
    session.state.items.merge(other.id, None, None, session.run)
    if memo:
        session.state.editions.count_no_more(item.id, memo["revision"], memo["counted"])
        item = _as_it_was(item, memo)
    other = _caught_up(session, session.get(other.id), memo.get("said", {}))
    session.change(Changes(revised=(other,), filled=(item,)))
    if decision:
        session.undo(decision)
    return EditResult(session.get(item.id), other)


def tell_apart(store: Store, editor: Editor, name: str, other_name: str) -> EditResult:
    """Record that two items are different, so that they are not shown as duplicates again."""
    with open_session(store, editor) as session:
        item, other = session.find(name), session.find(other_name)
        if other.id == item.id:
            raise NotPossible(f"{name} and {other_name} are one item: {item.slug}")
        if session.decided(Verdict.DISTINCT, item, other) or session.decided(
            Verdict.DISTINCT, other, item
        ):
            return EditResult(item, other, changed=False)
        session.note(Verdict.DISTINCT, item, other)
        return EditResult(item, other)


def _with_missing_parts(session: EditSession, item: Item, text: Text) -> Item:
    """The item with its missing parts from `text`, which is no revision."""
    if text.date is not None and text.date != item.date:
        factory = session.factory(text)
        published = factory.published(text.date, item.arrived_at, item.updated)
        item = replace(item, published=published)
    return retold(item, text)


def _as_it_was(item: Item, memo: dict[str, object]) -> Item:
    """The item without what a merge filled in, except parts that were changed since."""
    was, became, now = _text_from_json(memo["was"]), _text_from_json(memo["became"]), item.text
    filled_in = {
        name: getattr(was, name)
        for name in ("summary", "date", "url", "category")
        if getattr(now, name) == getattr(became, name)
    }
    text = replace(now, **filled_in)
    published = item.published
    if text.date != now.date:
        before = memo["published"]
        published = datetime.fromisoformat(str(before)) if before else None
    return retold(replace(item, published=published), text)


def _caught_up(session: EditSession, item: Item, said: dict[str, object]) -> Item:
    """The item with what its own sources said while it was merged into another."""
    factory = session.factory(*(seen.text for seen in item.sources))
    for seen in item.sources:
        if seen.item_id == item.id:
            before = said.get(seen.ref.path)
            told = _text_from_json(before) if before else None
            item = compare(item, seen.ref.path, seen.text, told, factory)
    return item


# --- Splitting ------------------------------------------------------------------------------------


def split(store: Store, editor: Editor, name: str, path: str) -> EditResult:
    """Make what one source says of an item an item of its own."""
    with open_session(store, editor) as session:
        item = session.find(name)
        seen = _said_by(session, item, path)
        others = [each for each in item.sources if each is not seen]
        if not others:
            raise NotPossible(
                f"{path} is the only source of {item.slug}: there is nothing to split"
            )
        if seen.item_id != item.id:
            away = session.get(seen.item_id)
            if len(away.sources) == 1:
                # It was an item of its own before it was merged: that one is back.
                session.note(Verdict.SPLIT, item, away, path)
                return part(session, session.get(away.merged_into or item.id), away)
        elif not any(each.item_id == item.id for each in others):
            raise NotPossible(
                f"{path} is the only source that {item.slug} has of its own: undo the merge instead"
            )
        made = session.factory(seen.text).item(seen.text, path)
        session.state.items.amend(Changes(new=(made,)), session.run)
        session.state.items.hand_over(path, seen.item_id, made.id)
        session.place(Changes(new=(made,), filled=(session.get(item.id),)))
        session.note(Verdict.SPLIT, item, made, path)
        return EditResult(session.get(item.id), session.get(made.id))


def undo_split(store: Store, editor: Editor, name: str, path: str) -> EditResult:
    """Merge an item that was split off back."""
    with open_session(store, editor) as session:
        item = session.find(name)
        decision = session.decided(Verdict.SPLIT, item, path=path)
        if decision is None or decision.other_id is None:
            raise NotPossible(f"nothing that {path} says was split off {item.slug}")
        other = session.get(decision.other_id)
        session.undo(decision)
        if other.merged_into:
            return EditResult(item, other, changed=False)
        return join(session, item, other, fill=False)


def _said_by(session: EditSession, item: Item, path: str) -> SourceEntry:
    """What that source says of the item; raises `NotPossible` for one that says nothing of it."""
    found = [seen for seen in item.sources if seen.ref.path == path]
    if not found:
        paths = ", ".join(sorted({seen.ref.path for seen in item.sources}))
        raise NotPossible(f"{path} is no source of {item.slug}; there are {paths}")
    splits = [
        (each.undone_at, each.other_id)
        for each in session.state.decisions.of([item.id])
        if each.undone_at
        and (each.verdict, each.item_id, each.path) == (Verdict.SPLIT, item.id, path)
    ]
    again = max(splits)[1] if splits else None
    # Of several that one file has: what was split off before and put back, then what was merged in.
    return min(
        found, key=lambda seen: (seen.item_id != again, seen.item_id == item.id, seen.item_id)
    )


# --- Retracting -----------------------------------------------------------------------------------


def retract(store: Store, editor: Editor, name: str) -> EditResult:
    """Retract an item: feeds and pages keep its title and the reason, and its readers are told."""
    with open_session(store, editor) as session:
        item = session.find(name)
        had = item.retraction
        if had and had.by:
            return EditResult(item, changed=False)
        memo: dict[str, object] = {}
        if had:
            at = had.at.isoformat()
            memo = {"reason": had.reason, "at": at, "quietly": had.quietly}
        item = retracted(item, Retraction(editor.reason, editor.now, editor.by), session.moments)
        session.change(Changes(retracted=(item,)))
        session.note(Verdict.RETRACT, item, memo=memo)
        return EditResult(item, waiting=session.state.deliveries.waiting_with(item.id))


def undo_retract(store: Store, editor: Editor, name: str) -> EditResult:
    """Undo a retraction, also one that the sources made."""
    with open_session(store, editor) as session:
        item = session.find(name)
        if item.retraction is None:
            return EditResult(item, changed=False)
        decision = session.decided(Verdict.RETRACT, item)
        memo = json.loads(decision.memo) if decision else {}
        gone = all(seen.position is None for seen in item.sources)
        if decision and memo and gone:
            # Its sources had taken it back before.
            at, quietly = datetime.fromisoformat(memo["at"]), memo.get("quietly", False)
            before = Retraction(memo["reason"], at, quietly=quietly)
            revised_at = session.moments.of_change(last_change(item))
            item = replace(item, retraction=before, revised_at=revised_at)
            session.change(Changes(retracted=(item,)))
        else:
            told = item.id in session.state.editions.told([item.id])
            item = reinstated(item, editor.now, session.moments, told=told)
            session.change(Changes(revised=(item,)))
        if decision:
            session.undo(decision)
        return EditResult(item)


# --- History --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class History:
    """An item and all that is known of it.

    `topics` are slugs; `decisions` include undone ones; `others` are the items that these name, and
    the one that it was merged into, by id; `held` are problems of its files that wait for an
    operator.
    """

    item: Item
    topics: tuple[str, ...]
    decisions: tuple[Decision, ...]
    others: Mapping[str, Item]
    held: tuple[Problem, ...] = ()


def history(store: Store, name: str) -> History:
    """Collect the history of an item. Raises `NoSuchItem`."""
    with store.reading() as state:
        item = find_item(state, name)
        decisions = state.decisions.of([item.id])
        named = {each for d in decisions for each in (d.item_id, d.other_id) if each}
        named |= {seen.item_id for seen in item.sources}
        if item.merged_into:
            named.add(item.merged_into)
        return History(
            item=item,
            topics=state.topics.of([item.id]).get(item.id, ()),
            decisions=decisions,
            others=state.items.get(named - {item.id}),
            held=state.sources.held(sorted({seen.ref.path for seen in item.sources})),
        )
