"""Made-up weights that know little: by them a file with two readings is held, whatever was learned.

What is said of held files, and how an example settles them, is tested by these.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tidings.core.listings import texts
from tidings.core.listings.ranking import Linear, Weights


def linear(figures: Mapping[str, float], bias: float = 0.0) -> Linear:
    """A linear model of these figures as they are."""
    count = len(figures)
    weights = tuple(figures.values())
    return Linear(tuple(figures), (0.0,) * count, (1.0,) * count, weights, bias)


# All dates are used, each stands beside a title, at even distances; as for the order, by a hair
# that which has titles first. Any reading is as likely right as not.
UNDECIDED = Weights(
    version=1,
    tagger={"kd": (0.0, 0.0, 0.0, 2.0, 0.0, 0.0, 2.0)},
    ranker=linear(
        {
            "title and date": 4.0,
            "dates unused": -4.0,
            "rows alike": 4.0,
            "date beside title": 2.0,
            "order title-date-text": 0.05,
        }
    ),
    confidence=linear({"lead": 1.0}, bias=-0.5),
)


def read_by_undecided_weights(patch: pytest.MonkeyPatch) -> None:
    """Has all text read by these weights, also by the command line within this process."""
    patch.setattr(texts, "learned", lambda: UNDECIDED)
