"""What came of reading listings, as lines of text and tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from tools.reading.asking import Answers
from tools.reading.corpus import Sample
from tools.reading.scores import Figure, differences

BANDS = (0.0, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 1.0)


def calibration(judged: Sequence[tuple[float, bool]]) -> str:
    """How often a reading is right, by how sure it was: a table in Markdown."""
    rows = ["| confidence | readings | on average | right |", "|---|--:|--:|--:|"]
    for low, high in pairwise(BANDS):
        # The highest has its upper bound too.
        kept = [one for one in judged if low <= one[0] < high or one[0] == high == BANDS[-1]]
        if kept:
            sure = sum(confidence for confidence, _ in kept) / len(kept)
            right = sum(is_right for _, is_right in kept) / len(kept)
            rows.append(f"| {low:.0%} to {high:.0%} | {len(kept)} | {sure:.0%} | {right:.0%} |")
    return "\n".join(rows)


def side_by_side(columns: Mapping[str, Sequence[Figure]], last: Sequence[Figure]) -> str:
    """Figures in columns; beside them what is wanted, and where the `last` do not reach it."""
    names = list(dict.fromkeys(each.name for column in columns.values() for each in column))
    wide = max(map(len, names))
    heads = "".join(f"{head:>10}" for head in columns)
    rows = [f"{'':{wide}}{heads}  wanted"]
    final = {each.name: each for each in last}
    values = [{each.name: each.value for each in column} for column in columns.values()]
    for name in names:
        cells = "".join(f"{_number(name, of[name]) if name in of else '-':>10}" for of in values)
        rows.append(f"{name:{wide}}{cells}  {_wanted(final.get(name))}".rstrip())
    return "\n".join(rows)


def _number(name: str, value: float) -> str:
    return f"{value:.1f}" if "files" in name else f"{value:.3f}"


def _wanted(figure: Figure | None) -> str:
    if figure is None or (figure.least is None and figure.most is None):
        return ""
    least = figure.least is not None
    text = f"at least {figure.least:.2f}" if least else f"at most {figure.most:.0f}"
    return text if figure.is_reached else f"{text}: not reached"


def misses(samples: Sequence[Sample], told: Sequence[Answers]) -> Iterator[str]:
    """What is wrong (-) or missed (+) of each listing if everything is published; by a star, that
    it is published by the rule."""
    by_name = {each.name: each for each in told}
    for sample in samples:
        answer = by_name[sample.name].all
        wrong, missed = differences(sample, answer)
        if not wrong and not missed:
            continue
        mark = "*" if by_name[sample.name].sure.entries else " "
        yield f"{mark} {sample.name}: {answer.confidence:.0%} sure, {len(sample.labels)} labels"
        yield from (f"    - {day or 'no date':10} {title}" for day, title in wrong)
        yield from (f"    + {day or 'no date':10} {title}" for day, title in missed)
