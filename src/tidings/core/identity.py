"""Gives items what they are called for ever, their id and slug, and timestamps that are unique.

Ids must outlive a lost state, so they derive from the site's id and the text alone: never from a
path, a position or a clock. The normalisation below is frozen: a golden test holds it. What a
change of it makes of titles that are known already is a matter of their keys in the state, which a
migration makes anew, never of ids and slugs: these are stored, and stay.

No two entries of a feed have the same `updated`: validators warn of entries that share one, since a
feed reader that goes by it alone takes them for the same change.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Container, Iterable
from datetime import date, datetime, timedelta

from tidings.core.invisible import visible

VERSION = 1
# Raised with every change of `normalise`, with a migration. The second drops what nobody sees.
NORMALISATION = 2
ID_LENGTH = 16
SLUG_TITLE_LENGTH = 48
SLUG_ID_LENGTH = 8

_QUOTES = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′`´ʼ", "'"),
        **dict.fromkeys("“”„‟″«»", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        # Whether a sign is a picture or a letter is lost wherever text is copied.
        **{chr(selector): None for selector in range(0xFE00, 0xFE10)},
    }
)


def normalise(text: str) -> str:
    """The form in which two texts are compared: white space, quote style, case and what nobody
    sees do not count.

    Digits, accents and punctuation do count: "Round 1" and "Round 2" are two titles.
    """
    if text.isascii():  # most texts by far, of each of which this is asked some ten times
        return " ".join(text.replace("`", "'").lower().split())
    unquoted = unicodedata.normalize("NFKC", visible(text).translate(_QUOTES)).casefold()
    # Once more, for the quotes and dashes that only their wide and small forms stood for.
    again = unicodedata.normalize("NFKC", unquoted).translate(_QUOTES)
    return " ".join(visible(again).split())


def _digest(*parts: str) -> str:
    # The unit separator never occurs in cleaned text, so no two different lists of parts collide.
    joined = "\x1f".join((f"tidings-id-{VERSION}", *parts))
    return hashlib.sha256(joined.encode()).hexdigest()[:ID_LENGTH]


def id_by_title(site_id: str, title: str) -> str:
    """The usual id, for a title that occurs once where it is first seen."""
    return _digest(site_id, normalise(title))


def id_by_entry(site_id: str, title: str, day: date | None, summary: str) -> str:
    """The id of an entry that shares its title with another, as in a series."""
    shown = day.isoformat() if day else ""
    return _digest(site_id, normalise(title), shown, normalise(summary))


def id_again(occupied: str) -> str:
    """The next id to try for an entry whose own is occupied by another item."""
    return _digest(occupied, "again")


def mint_id(
    site_id: str,
    title: str,
    day: date | None,
    summary: str,
    *,
    title_is_shared: bool,
    taken: Container[str],
) -> str:
    """A free id for a new entry: by title if that is enough, else by the whole entry.

    An entry whose text another item had before it was corrected finds even that id taken; its id
    is then derived once more from the occupied one.
    """
    minted = id_by_title(site_id, title)
    if title_is_shared or minted in taken:
        minted = id_by_entry(site_id, title, day, summary)
    while minted in taken:
        minted = id_again(minted)
    return minted


def slug(title: str, item_id: str) -> str:
    """A readable, permanent name for addresses: ASCII words of the title and a part of the id."""
    decomposed = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", decomposed.lower())
    name = ""
    for word in words:
        longer = f"{name}-{word}" if name else word
        if len(longer) > SLUG_TITLE_LENGTH:
            break
        name = longer
    if not name and words:
        name = words[0][:SLUG_TITLE_LENGTH]
    tail = item_id[:SLUG_ID_LENGTH]
    return f"{name}-{tail}" if name else tail


SECOND = timedelta(seconds=1)
# How far back whoever looks for a free second has to know what is in use.
WINDOW = timedelta(hours=1)


class UniqueTimestamps:
    """Gives out timestamps in one run at `now`, in whole seconds, each of them once.

    `taken` are those in use in the `WINDOW` before `now`, and later. What is older is not looked
    after: a first import has items without number, and changes are of the present.
    """

    def __init__(self, now: datetime, taken: Iterable[datetime] = ()) -> None:
        self.now = now
        self._next = now
        self._taken: set[datetime] = set()
        self._changes: set[datetime] = set()
        self.take(*taken)

    def take(self, *instants: datetime) -> None:
        """Mark timestamps as used."""
        since = self.now - WINDOW
        self._taken.update(instant for instant in instants if instant >= since)

    def free(self, instant: datetime) -> bool:
        """Whether a timestamp is not used yet."""
        return instant not in self._taken

    def of_change(self, last: datetime) -> datetime:
        """The instant of a change to what changed `last` at that instant: the latest second that
        is free and not later than `now`.

        An entry's `updated` only ever grows. Where no second is left between `last` and `now`, two
        entries share `now`: truth comes before beauty. A clock that went back is outrun by a
        second. What changes twice in one run changes once for whoever reads feeds.
        """
        if last in self._changes:
            return last
        while not self.free(self._next) and self.now - self._next < WINDOW:
            self._next -= SECOND
        if self._next <= last or not self.free(self._next):
            return max(self.now, last + SECOND)
        self.take(self._next)
        self._changes.add(self._next)
        return self._next
