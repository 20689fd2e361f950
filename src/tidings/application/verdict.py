"""Is anything wrong? What `status` knows, as findings, each with what to do."""

from __future__ import annotations

from collections.abc import Iterator

from tidings.application.status import Status
from tidings.model import Finding, Level

# How many failures in a row are worth a word: one may be a blip that the next round mends.
BLIP = 1


def findings(found: Status, held: str = "") -> tuple[Finding, ...]:
    """What is wrong, the gravest first; `held` is why the state must not be worked with."""
    if held:
        sentence, _, remedy = held.partition(": ")
        return (Finding("state", sentence, remedy),)
    return (
        *_rounds(found),
        *_feeds(found),
        *_refused(found),
        *_mail(found),
        *_late(found),
        *_listings(found),
    )


def _rounds(found: Status) -> Iterator[Finding]:
    watch = found.watch
    if watch.failures > BLIP:
        yield Finding(
            "rounds",
            f"the last {watch.failures:,} rounds of the worker failed ({_one_line(watch.reason)})",
            "mend what it names; `tidings doctor` looks for more, the log has every round",
        )
    if watch.refused:
        yield Finding(
            "configuration",
            f"the worker keeps to its last good configuration ({_one_line(watch.refused)})",
            "`tidings check` names what is wrong with the edited one",
        )


def _feeds(found: Status) -> Iterator[Finding]:
    for folder, reason in found.unpublished.items():
        yield Finding(
            "feeds",
            f"{folder} was not published, though all else was ({_one_line(reason)})",
            "mend what it names; the next run tries again",
        )


def _refused(found: Status) -> Iterator[Finding]:
    for each in found.alike:
        yield Finding(
            "mail",
            f"{each.refused:,} of {_count(each.of, 'message')} of {each.digest}, No. {each.number},"
            f" were refused alike ({each.words})",
            "mend what it says of the sender, then `tidings deliveries retry --failed`; nobody is"
            " cut off for it",
        )
    if found.cut_off:
        cut_off, of = found.cut_off
        yield Finding(
            "people",
            f"{cut_off:,} of {of:,} people bounced within a month",
            "see `tidings deliveries list --state bounced`;"
            " `tidings recipients resume --since` takes them back",
        )


def _mail(found: Status) -> Iterator[Finding]:
    mail = found.mail
    if mail.failed:
        yield Finding(
            "mail",
            f"{_count(mail.failed, 'message')} could not be delivered",
            "see `tidings deliveries list --state failed`",
        )
    if mail.in_doubt:
        yield Finding(
            "mail",
            f"{_count(mail.in_doubt, 'message')} in doubt, which may have arrived or not",
            "see `tidings deliveries list --state in-doubt`",
        )
    if mail.waiting:
        some = [f"{mail.late:,} late" if mail.late else ""]
        some.append(f"{mail.held:,} on hold" if mail.held else "")
        parts = "".join(f", {part}" for part in some if part)
        remedy = "they go out with the next rounds"
        if mail.late:
            remedy = "is a worker running? `tidings run` does its work once"
        elif mail.held:
            remedy = "`tidings deliveries release` lets go of what is on hold"
        told = f"{_count(mail.waiting, 'message')} still to be sent{parts}"
        yield Finding("mail", told, remedy)


def _late(found: Status) -> Iterator[Finding]:
    for digest in found.late:
        yield Finding(
            "digests",
            f"{digest.title} is late",
            "is a worker running? `tidings run` does its work once",
        )


def _listings(found: Status) -> Iterator[Finding]:
    if found.problems:
        yield Finding(
            "listings",
            f"{_count(len(found.problems), 'problem')} in the listings",
            "mend what `problems` names, and save the file",
            Level.NOTE,
        )


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
