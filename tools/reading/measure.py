"""Measures the reader of listings by what is asked of it: `make measure CORPUS="DIR DIR"`.

    python -m tools.reading.measure --corpus DIR... [--seeds 0 1 2] [--against CHECKOUT] [--table]
    python -m tools.reading.measure --corpus DIR... [--seeds 0] --wrong
    python -m tools.reading.measure --corpus DIR... --aside [--against CHECKOUT]
    python -m tools.reading.measure --corpus DIR... --package [--against CHECKOUT]

Cross-validation: every listing is read by weights that were fitted without it and without the
others of its site, through the same function as a file of an instance; for each seed and in the
mean, what is right if everything is published, by the rule, and if the first entry is taught. An
entry is right if its day and its title are the label's, white space aside.

With `--against`, the reader of another checkout reads the same listings as it is. `--table` ends
with how often readings are right by how sure they were, in Markdown, over all seeds. `--wrong`
names what is wrong or missed in each listing, and how sure the reading was. `--aside`
has the weights of the package read the listings that are set aside: to be looked at once, when
nothing is changed any more. `--package` has them read the others, that they were trained on: what
comes of it is no measure of the reader, and tells only that the package is whole.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from tidings.core.listings import THRESHOLD, Hints, Reading
from tidings.core.listings.ranking import Weights, learned
from tidings.core.listings.texts import read_text
from tools.reading.asking import Answers, answers, asked_elsewhere
from tools.reading.corpus import Sample, load, set_aside
from tools.reading.preparing import real
from tools.reading.report import calibration, misses, side_by_side
from tools.reading.scores import Figure, figures, mean, question, scored
from tools.reading.validation import Part, material, unseen, without_each


def read_by(weights: Weights, samples: Sequence[Sample]) -> list[Answers]:
    """What the reader makes of the listings by these weights."""

    def read(text: str, path: str, hints: Hints) -> Reading:
        return read_text(text, path, hints, weights)

    return [answers(question(sample), read) for sample in samples]


def crossed(
    samples: Sequence[Sample], parts: Sequence[Part], weights: Sequence[Weights]
) -> list[Answers]:
    """What the reader makes of each listing by the weights of its fold."""
    found = []
    for part, without in zip(parts, weights, strict=True):
        found += read_by(without, [sample for sample in samples if sample.name in part.names])
    return found


def validated_by_seed(
    samples: Sequence[Sample], seeds: Sequence[int]
) -> Iterator[tuple[int, list[Answers]]]:
    """The answers of a cross-validation for each seed."""
    listings = real(samples)
    for seed in seeds:
        parts = unseen(material(listings, seed), seed)
        yield seed, crossed(samples, parts, without_each(parts))


def judged(samples: Sequence[Sample], told: Sequence[Answers]) -> list[tuple[float, bool]]:
    """How sure each reading was, and whether nothing in it is wrong."""
    by_name = {each.name: each for each in told}
    scores = [scored(sample, by_name[sample.name].all) for sample in samples]
    return [(one.confidence, one.right == one.read) for one in scores if one.read]


def _crossed(
    samples: Sequence[Sample], seeds: Sequence[int], *, tell: bool
) -> tuple[dict[str, Sequence[Figure]], list[tuple[float, bool]]]:
    columns: dict[str, Sequence[Figure]] = {}
    told = []
    for seed, found in validated_by_seed(samples, seeds):
        print(f"seed {seed} is read", file=sys.stderr)
        columns[f"seed {seed}"] = figures(samples, found)
        if tell:
            print("\n".join((f"seed {seed}", *misses(samples, found))))
        told += judged(samples, found)
    columns["mean"] = mean(list(columns.values()))
    return columns, told


def main() -> int:
    """Read the arguments, measure, print. Returns the exit code."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--corpus", type=Path, nargs="+", required=True, metavar="DIR")
    arguments.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    arguments.add_argument("--against", type=Path, metavar="CHECKOUT")
    arguments.add_argument("--table", action="store_true")
    arguments.add_argument("--wrong", action="store_true")
    which = arguments.add_mutually_exclusive_group()
    which.add_argument("--aside", action="store_true")
    which.add_argument("--package", action="store_true")
    given = arguments.parse_args()
    all_ = load(given.corpus)
    if not all_:
        print("no labelled listing here: NAME.txt with NAME.expected.json", file=sys.stderr)
        return 1
    rest, aside = set_aside(all_)
    samples = aside if given.aside else rest
    print(_told_of(samples, aside, is_aside=given.aside))
    # First, since it fails at once if there is no such checkout.
    other = _other(given.against, samples) if given.against else None
    if given.aside or given.package:
        found = read_by(learned(), samples)
        columns: dict[str, Sequence[Figure]] = {"package": figures(samples, found)}
        told = judged(samples, found)
        if given.wrong:
            print("\n".join(misses(samples, found)))
    else:
        columns, told = _crossed(samples, given.seeds, tell=given.wrong)
    ours = list(columns.values())[-1]
    if other is not None:
        columns["against"] = figures(samples, other)
    print(side_by_side(columns, ours))
    if given.table:
        print(f"\n{calibration(told)}")
        if other is not None:
            print(f"\n{given.against}:\n\n{calibration(judged(samples, other))}")
    return 0


def _told_of(samples: Sequence[Sample], aside: Sequence[Sample], *, is_aside: bool) -> str:
    sites = len({sample.site for sample in samples})
    entries = sum(len(sample.labels) for sample in samples)
    told = f"{len(samples)} listings of {sites} sites with {entries} entries"
    more = ", which are set aside" if is_aside else f"; {len(aside)} more are set aside"
    return f"{told}{more}; by the rule: at least {THRESHOLD:.0%} sure"


def _other(checkout: Path, samples: Sequence[Sample]) -> list[Answers]:
    found, threshold = asked_elsewhere(checkout, [question(sample) for sample in samples])
    print(f"against {checkout}, whose rule is at least {threshold:.0%}")
    return found


if __name__ == "__main__":
    sys.exit(main())
