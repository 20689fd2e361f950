"""What a reader makes of labelled listings: this one, or that of another checkout.

A program of its own, `python -m tools.reading.asking` with the other sources in `PYTHONPATH`:
questions come in as JSON, answers go out as JSON. It knows of the reader only what every version
of it has had; what a version lacks is left out of its answers.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import tidings
import tidings.model
from tidings.core import listings
from tidings.core.listings import Hints, Reading, parse

Reader = Callable[[str, str, Hints], Reading]
HERE = Path(__file__).parents[2]


@dataclass(frozen=True)
class Question:
    """A listing, and what somebody may say of it: the title and the day of its first entry, the
    title of the last one, and how many there are."""

    name: str
    text: str
    title: str
    published: str | None
    last: str
    entries: int


@dataclass(frozen=True)
class Answer:
    """What was read: day, title and summary of each entry, and how sure the reading is."""

    entries: list[tuple[str | None, str, str]]
    confidence: float


@dataclass(frozen=True)
class Answers:
    """One listing, read in all ways that are measured: everything published; by the rule, where
    what is not sure is held; with its first entry taught; with all entries confirmed."""

    name: str
    all: Answer
    sure: Answer
    taught: Answer | None
    confirmed: Answer | None


def answers(question: Question, read: Reader) -> Answers:
    """What a reader makes of a listing."""
    path = f"{question.name}.txt"

    def asked(hints: Hints) -> Answer:
        return _answer(read(question.text, path, hints))

    can_be_taught = hasattr(tidings.model, "Example")
    return Answers(
        question.name,
        asked(Hints(threshold=0.0)),
        asked(Hints()),
        asked(_taught(question)) if can_be_taught else None,
        asked(_taught(question, question.last, question.entries)) if can_be_taught else None,
    )


def _parsed(text: str, path: str, hints: Hints) -> Reading:
    return parse(text, path, hints=hints)


def _taught(question: Question, last: str | None = None, entries: int | None = None) -> Hints:
    day = date.fromisoformat(question.published) if question.published else None
    return Hints(example=tidings.model.Example(question.title, day, last, entries))


def _answer(reading: Reading) -> Answer:
    texts = [listing.text for listing in reading.listings]
    return Answer(
        [(t.date.isoformat() if t.date else None, t.title, t.summary or "") for t in texts],
        reading.confidence,
    )


def asked_elsewhere(checkout: Path, questions: Sequence[Question]) -> tuple[list[Answers], float]:
    """The answers of the reader of another checkout, and its threshold.

    Raises `ValueError` if there is none.
    """
    source = checkout.resolve() / "src"
    if not (source / "tidings" / "core" / "listings").is_dir():
        raise ValueError(f"{checkout} holds no src/tidings/core/listings")
    done = subprocess.run(
        [sys.executable, "-m", "tools.reading.asking"],
        input=json.dumps([asdict(each) for each in questions]),
        capture_output=True,
        text=True,
        check=False,
        cwd=HERE,
        env={**os.environ, "PYTHONPATH": str(source)},
    )
    if done.returncode:
        raise ValueError(f"the reader of {checkout} failed:\n{done.stderr}")
    told = json.loads(done.stdout)
    if not Path(told["source"]).is_relative_to(source):
        raise ValueError(f"{told['source']} was asked instead of {source}")
    return [_from_plain(each) for each in told["answers"]], float(told["threshold"])


def _from_plain(plain: dict[str, object]) -> Answers:
    def one(name: str) -> Answer | None:
        match plain[name]:
            case {"entries": list(entries), "confidence": int() | float() as sure}:
                return Answer([(day, title, text) for day, title, text in entries], sure)
        return None

    whole, sure = one("all"), one("sure")
    if whole is None or sure is None:
        raise ValueError(f"no answer for {plain['name']}")
    return Answers(str(plain["name"]), whole, sure, one("taught"), one("confirmed"))


def main() -> None:
    """Answer the questions that come in."""
    asked = [Question(**each) for each in json.load(sys.stdin)]
    told = {
        "source": tidings.__file__,
        "threshold": getattr(listings, "THRESHOLD", Hints().threshold),
        "answers": [asdict(answers(question, _parsed)) for question in asked],
    }
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main()
