"""The models of the reader, fitted: on what each is trained, and on what it may have seen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tidings.core.listings.ranking import Linear, Ranked, Weights, doubts, ranked
from tools.reading.fitting import Readings, fit_confidence, fit_ranker
from tools.reading.preparing import Prepared, f1, right_of, said
from tools.reading.training import Tagged, train_tagger

_EMPTY = Linear((), (), (), ())


@dataclass
class Read:
    """A listing, read by a tagger that has not seen it: all readings, and how right each is."""

    listing: Prepared
    given: Ranked
    right: list[float] = field(default_factory=list)

    @property
    def wrong(self) -> int:
        """How many entries of the first reading are wrong."""
        got = said(self.listing.page, self.given.found[0])
        return len(got) - right_of(got, self.listing.wanted)


def tagger_of(listings: Iterable[Prepared]) -> dict[str, list[float]]:
    """The tagger, as it is written: in hundredths, without what is nearly nothing."""
    table = train_tagger(
        [Tagged(each.features, each.roles, each.weight) for each in listings if each.teaches]
    )
    whole = {name: [round(100 * weight) for weight in row] for name, row in table.items()}
    return {
        name: [w / 100 for w in row] for name, row in whole.items() if any(abs(w) > 4 for w in row)
    }


def read(listing: Prepared, tagger: dict[str, list[float]]) -> Read:
    """All readings of a listing, and how right each is."""
    given = ranked(listing.page.units, listing.page.known, Weights(0, tagger, _EMPTY, _EMPTY))
    right = [f1(said(listing.page, each), listing.wanted) for each in given.found]
    return Read(listing, given, right)


def ranked_by(one: Read, ranker: Linear) -> Read:
    """The same readings in the order of a ranker."""
    scores = [ranker.score(told) for told in one.given.told]
    order = sorted(range(len(scores)), key=lambda at: -scores[at])
    given = Ranked(
        tuple(one.given.found[at] for at in order),
        tuple(one.given.told[at] for at in order),
        tuple(scores[at] for at in order),
    )
    return Read(one.listing, given, [one.right[at] for at in order])


def ranker_of(found: Iterable[Read]) -> Linear:
    """The ranker, fitted on readings by taggers that had not seen the listings."""
    return fit_ranker(
        [
            Readings(each.given.told, each.right, each.listing.weight)
            for each in found
            if each.right and each.listing.teaches
        ]
    )


def confidence_of(found: Sequence[Read]) -> Linear:
    """The confidence, fitted on listings that the other models had not seen."""
    return fit_confidence(
        [doubts(each.given) for each in found],
        [each.wrong == 0 for each in found],
        [each.listing.weight for each in found],
    )
