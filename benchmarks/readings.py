"""Measure readings: folders of listings `NAME.txt`, each with its labels in `NAME.expected.json`.

    python -m benchmarks.readings FOLDER... [--files] [--wrong] [--against CHECKOUT]

Prints for each folder and for all what the reader makes of them with the weights of the package:
everything published, by the rule, with the first entry taught. With `--files` a line for each file
before that, with `--wrong` each entry that is wrong or was missed. An entry is right if its title
and its day are the label's, white space aside; those of held files count as missing. `--against`
has the same files read by another checkout, in a column beside it. Ends with 1 where there is
nothing to measure.

For listings that the weights were trained on this is no measure of the reader: see
`tools/reading/measure.py`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tools.reading.asking import Answers, asked_elsewhere
from tools.reading.corpus import Sample, load
from tools.reading.report import misses, side_by_side
from tools.reading.scores import Scores, figures, question, scored

HERE = Path(__file__).parents[1]


def main() -> int:
    """Read the arguments, score the folders, print the tables. Returns the exit code."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("folders", type=Path, nargs="+", metavar="FOLDER")
    arguments.add_argument("--files", action="store_true", help="a line for each file")
    arguments.add_argument("--wrong", action="store_true", help="what is wrong or missed in each")
    arguments.add_argument("--against", type=Path, metavar="CHECKOUT")
    given = arguments.parse_args()
    checkouts = [HERE, *([given.against] if given.against else [])]
    folders = [(folder, load([folder])) for folder in given.folders]
    if not any(samples for _, samples in folders):
        print("no labelled listing here: NAME.txt with NAME.expected.json", file=sys.stderr)
        return 1
    everything: list[Sample] = []
    told: list[list[Answers]] = [[] for _ in checkouts]
    for folder, samples in folders:
        read = [asked_elsewhere(each, [question(one) for one in samples]) for each in checkouts]
        everything += samples
        for whole, (answers, _) in zip(told, read, strict=True):
            whole.extend(answers)
        if samples and len(folders) > 1:
            _tell(folder.name, samples, [answers for answers, _ in read])
    if given.files:
        print("\n".join(_line(sample, told[0]) for sample in everything))
    if given.wrong:
        print("\n".join(misses(everything, told[0])))
    _tell("all", everything, told)
    return 0


def _tell(name: str, samples: Sequence[Sample], told: Sequence[Sequence[Answers]]) -> None:
    columns = dict(
        zip(("ours", "against"), (figures(samples, each) for each in told), strict=False)
    )
    print(f"{name}: {len(samples)} files, {sum(len(one.labels) for one in samples)} entries")
    print(f"{side_by_side(columns, columns['ours'])}\n")


def _line(sample: Sample, told: Sequence[Answers]) -> str:
    answers = next(each for each in told if each.name == sample.name)
    one = scored(sample, answers.all)
    held = "" if answers.sure.entries else "  HELD"
    return (
        f"{sample.name:<34} F1 {Scores([one]).f1:.3f}  right {one.right:>3} of {one.labels:<3}"
        f" read {one.read:>3}  summaries {one.alike:>3}  {one.confidence:.0%} sure{held}"
    )


if __name__ == "__main__":
    sys.exit(main())
