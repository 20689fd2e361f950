"""Trains the reader of listings, and measures it: `make train CORPUS="DIR DIR"`.

    python -m tools.reading.train --corpus DIR... [--seeds 0 1 2] [--unmeasured] [--write]

Cross-validation over the labelled listings, those of a site in one fold, with generated ones
beside them: for each seed what is right if everything is published, and by the threshold. With
`--write` the weights are then fitted on everything and written into the package.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from tidings.core.listings import ranking
from tidings.core.listings.candidates import ROLES
from tidings.core.listings.ranking import Linear, Weights
from tools.reading.corpus import Sample, load, set_aside
from tools.reading.measure import crossed, judged
from tools.reading.preparing import Prepared, real
from tools.reading.report import calibration, side_by_side
from tools.reading.scores import Figure, figures, mean
from tools.reading.validation import (
    Material,
    Outcome,
    fitted,
    material,
    unseen,
    validated,
    without_each,
)

THRESHOLDS = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9)
PLACE = Path(ranking.__file__).with_name("weights.json")


def measured(
    samples: Sequence[Sample], seeds: Sequence[int]
) -> tuple[list[Figure], list[tuple[float, bool]]]:
    """Cross-validation for each seed: the mean of its figures, and how sure the readings were."""
    corpora = real(samples)
    runs, told = [], []
    for seed in seeds:
        parts = unseen(material(corpora, seed), seed)
        weights = without_each(parts)
        outcomes = validated(parts, weights)
        print(f"seed {seed}")
        print(table([one for one in outcomes if one.listing.is_real]))
        print(" generated pages")
        print(table([one for one in outcomes if not one.listing.is_real]))
        found = crossed(samples, parts, weights)
        runs.append(figures(samples, found))
        told += judged(samples, found)
    return mean(runs) if runs else [], told


def notes_on(
    samples: Sequence[Sample], given: Material, seeds: Sequence[int], reached: Sequence[Figure]
) -> dict[str, object]:
    """What the weights say of how they came to be: the seeds, the first of which they were fitted
    with, hashes of what they were fitted on, the libraries, and the figures of cross-validation."""
    generated = [one for one in (*given.listings, *given.tagging, *given.later) if not one.is_real]
    return {
        "seeds": list(seeds),
        "listings": {"number": len(samples), "sha256": _hash(samples)},
        "generated": {"number": len(generated), "sha256": _hash_of_made(generated)},
        "libraries": {name: version(name) for name in ("babel", "numpy", "scipy")},
        "figures": {each.name: round(each.value, 3) for each in reached},
    }


def table(outcomes: Sequence[Outcome]) -> str:
    """Precision and F1 of what is published above each threshold; 0 publishes everything."""
    labels = sum(each.wanted for each in outcomes)
    best = sum(each.best * each.wanted for each in outcomes) / labels
    rows = [f"  {len(outcomes)} listings, {labels} entries; the best candidates have {best:.3f}"]
    rows += [f"  {_row(outcomes, threshold, labels)}" for threshold in THRESHOLDS]
    return "\n".join(rows)


def _row(outcomes: Sequence[Outcome], threshold: float, labels: int) -> str:
    kept = [each for each in outcomes if each.confidence >= threshold]
    right, got = sum(each.right for each in kept), sum(each.read for each in kept)
    wrong = sum(each.right < each.read for each in kept)
    return (
        f"{threshold:.2f}  files {len(kept):>3}  P {right / got if got else 1:.3f}"
        f"  F1 {2 * right / (got + labels):.3f}  files with a wrong entry {wrong}"
    )


def written(weights: Weights, notes: Mapping[str, object]) -> str:
    """The weights as the package keeps them."""
    tagger = {
        name: [round(100 * weight) for weight in row]
        for name, row in sorted(weights.tagger.items())
    }
    plain = {"version": weights.version, **notes, "roles": ROLES}
    head = json.dumps(plain, ensure_ascii=False, indent=1)[:-2]
    parts = [
        f'"{name}": {json.dumps(_plain(model), separators=(",", ":"))}'
        for name, model in (("ranker", weights.ranker), ("confidence", weights.confidence))
    ]
    rows = ",\n".join(
        f"{json.dumps(name)}:{json.dumps(row, separators=(',', ':'))}"
        for name, row in tagger.items()
    )
    return ",\n".join((head, *parts, f'"tagger": {{\n{rows}\n}}}}\n'))


def _plain(model: Linear) -> dict[str, object]:
    rows = zip(model.names, model.means, model.deviations, model.weights, strict=True)
    return {"bias": model.bias, "figures": {name: row for name, *row in rows}}


def _hash(samples: Sequence[Sample]) -> str:
    """What tells whether the labelled listings are the same."""
    whole = hashlib.sha256()
    for sample in samples:
        whole.update(f"{sample.name}\n{sample.text}\n{sample.labels}\n".encode())
    return whole.hexdigest()[:16]


def _hash_of_made(listings: Sequence[Prepared]) -> str:
    """What tells whether the generated listings are the same, and are seen with the same eyes."""
    whole = hashlib.sha256()
    for one in listings:
        whole.update(f"{one.name}\n{one.features}\n{one.roles}\n{one.wanted}\n".encode())
    return whole.hexdigest()[:16]


def main() -> None:
    """Read the arguments, measure, and write if asked to."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--corpus", type=Path, nargs="+", required=True, metavar="DIR")
    arguments.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    arguments.add_argument("--unmeasured", action="store_true", help="only write the weights")
    arguments.add_argument("--whole", action="store_true", help="with those that are set aside")
    arguments.add_argument("--write", action="store_true")
    given = arguments.parse_args()
    all_ = load(given.corpus)
    samples, aside = (all_, []) if given.whole else set_aside(all_)
    print(f"{len(samples)} listings, {sum(len(s.labels) for s in samples)} entries;", end=" ")
    print(f"{len(aside)} set aside")
    reached, told = measured(samples, [] if given.unmeasured else given.seeds)
    if reached:
        print(f"\n{side_by_side({'mean': reached}, reached)}\n\n{calibration(told)}\n")
    if given.write:
        seed = given.seeds[0]
        fitted_on = material(real(samples), seed)
        weights = fitted(fitted_on, seed)
        PLACE.write_text(
            written(weights, notes_on(samples, fitted_on, given.seeds, reached)), encoding="utf-8"
        )
        print(f"written: {PLACE.stat().st_size} bytes, {len(weights.tagger)} features")


if __name__ == "__main__":
    main()
