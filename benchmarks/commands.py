"""What commands cost that people wait for: the version, the help, `check` and `status`.

    python -m benchmarks.commands [--rounds 9]

Seconds of CPU, the median of so many rounds. Each round also imports typer alone, and the libraries
that a command cannot do without: nothing that is changed in Tidings makes these faster, so that the
ratios to them mean the same on another machine. Ends with 1, and says why, where a command did not
do its work.

Prints the ratios, and beside them those of `BEFORE`.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import tempfile
from pathlib import Path
from statistics import median

from benchmarks.instance import TIDINGS, measured

# The sample, which is the instance in the checkout.
CHECKOUT = Path(__file__).parents[1]
TYPER = "import typer"
# What reads a configuration, a state and arguments, and prints: loaded as the commands load it.
LIBRARIES = (
    "import typer, ruamel.yaml, rich.console, sqlalchemy;"
    "from pydantic import BaseModel, TypeAdapter; sqlalchemy.create_engine('sqlite://')"
)
# Each command: what it needs, and what it says when it did its work.
COMMANDS = {
    "version": (TYPER, r"\A\d+\.\d+\S*\n\Z"),
    "--version": (TYPER, r"\A\d+\.\d+\S*\n\Z"),
    "--help": (TYPER, r"(?s)\AUsage: .*\bcheck\b.*\bstatus\b"),
    "check": (LIBRARIES, r"\b4 files, [1-9]\d* topics, [1-9]\d* rule tests"),
    "status": (LIBRARIES, r"(?m)^ *items +[1-9]\d*: "),
}
# Ratios to `import typer` of version 4e26ac1, which had no `--version`: measured by this benchmark
# with PYTHONPATH on 2026-11-30, Python 3.11.7, typer 0.29.2.
BEFORE = {"version": 3.10, "--help": 1.74, "check": 15.94, "status": 10.46}
# As for everybody who installed Tidings, whatever is set where this runs.
COMPILED = {"PYTHONDONTWRITEBYTECODE": ""}


def main() -> None:
    """Copy the sample, measure each command, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--only", choices=COMMANDS, action="append")
    given = parser.parse_args()
    names = given.only or list(COMMANDS)
    with tempfile.TemporaryDirectory(prefix="tidings-bench-") as folder:
        root = Path(folder)
        for part in ("config", "seeds"):
            shutil.copytree(CHECKOUT / part, root / part)
        measured([*TIDINGS, "run"], root, (0,), **COMPILED)
        rounds = [_round(root, names) for _ in range(given.rounds + 1)][1:]  # the first compiles
    cost = {name: median(each[name] for each in rounds) for name in rounds[0]}
    print(f"import typer {cost[TYPER]:.3f} s, all libraries {cost[LIBRARIES]:.3f} s of CPU")
    for name in names:
        before = BEFORE.get(name)
        ratio = cost[name] / cost[TYPER]
        beside = f"; 4e26ac1 {before:.2f}, so {ratio / before:.2f} of that" if before else ""
        needs, _ = COMMANDS[name]
        print(
            f"{name:10} {cost[name]:.3f} s  {ratio:.2f} x typer"
            f"  {cost[name] / cost[needs]:.2f} x what it needs{beside}"
        )


def _round(root: Path, names: list[str]) -> dict[str, float]:
    """Everything once, in turn, so that other work on the machine meets all of it alike."""
    found = {
        code: measured([sys.executable, "-c", code], root, (0,), **COMPILED).cpu
        for code in (TYPER, LIBRARIES)
    }
    for name in names:
        ran = measured([*TIDINGS, name], root, (0,), **COMPILED)
        _, work = COMMANDS[name]
        if not re.search(work, ran.told):
            sys.exit(f"{name}: did not do its work; it said: {ran.told!r}")
        found[name] = ran.cpu
    return found


if __name__ == "__main__":
    main()
