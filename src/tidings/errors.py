"""Every way to fail. A message says what, where and what to do; tracebacks are for bugs.

TidingsError
├── ConfigError(problems)      the configuration, a rule or an argument is wrong: exit 2
├── NoSuchItem                 what was named is no item, or more than one: exit 2
├── NotPossible                a decision does not fit the item: exit 1
├── SeedError                  the seed folder as a whole cannot be read
├── TemplateError              a template is broken: names the file and line
├── StoreError                 the state cannot be used
│   ├── StoreBusy              another process holds the lock: try later, exit 75
│   │   └── StateReplaced      another state took its place: start again, exit 75
│   ├── SchemaTooNew           written by a newer Tidings
│   ├── SchemaTooOld           on a server, and not brought up to date yet
│   ├── StateMissing           initialised once and now gone
│   ├── StateDamaged           the file is not what it was
│   └── StateNotAccepted       older than what readers have seen
├── PublishError               feeds and pages cannot be written
│   └── Overtaken              another process publishes from the same state: begin again
├── MailboxError               a mailbox that reports come to cannot be read
└── DeliveryError(permanent)   a message was not accepted
    ├── TransportClosed(ours)  the way out itself is shut: nothing else would pass either
    ├── TooLarge(most)         the server takes less: the message may be made shorter
    └── ReplyLost              handed over whole, but no answer came: it may have arrived
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Final

if TYPE_CHECKING:
    from tidings.model import Help, Problem

# What to do when there is too little memory.
OUT_OF_MEMORY: Final = (
    "there is too little memory: give this process more, or end others; what was recorded and sent"
    " before stays, and the next run goes on"
)

# What Python raises for a bug of ours while one thing is made: a page, a body. Whoever makes many
# logs it and goes on with the others. Not among them: a database, disk or memory that fails, which
# would fail for the others, too.
FAULTS: Final = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)


class TidingsError(Exception):
    """The root: catching it catches everything that Tidings raises on purpose.

    `section` of the documentation says more.
    """

    section: ClassVar[str]

    @property
    def help(self) -> Help:
        """The section, as the kind of message that it is on."""
        # Here, since `version` and `--help` need none of the nouns.
        from tidings.model import Help

        return Help(self.section)


class ConfigError(TidingsError):
    """Everything that is wrong with the configuration, at once; each problem has its own help."""

    section = "wrong-value"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class NoSuchItem(TidingsError):
    """What was named is no item, or could be several."""

    section = "no-such-item"


class NotPossible(TidingsError):
    """A decision that does not fit the item as it is; nothing was changed."""

    section = "not-possible"


class SeedError(TidingsError):
    """The listings cannot be reached at all (a single bad file is a `Problem`)."""

    section = "seeds-unreadable"


class InputRefused(TidingsError):
    """A file of a format that is opened, such as a spreadsheet, is not what it should be, or too
    much; `hint` says what to do. Whoever reads the file makes a problem of it."""

    section = "file-not-read"

    def __init__(self, message: str, hint: str) -> None:
        self.message, self.hint = message, hint
        super().__init__(f"{message}: {hint}")


class TemplateError(TidingsError):
    """A template that cannot be found, parsed or rendered."""

    section = "template-broken"


class StoreError(TidingsError):
    """The state file cannot be opened, read or written."""

    section = "state-unusable"


class StoreBusy(StoreError):
    """Another process held the state for longer than we are ready to wait."""

    section = "state-busy"


class StateReplaced(StoreBusy):
    """The state was replaced by another while it was in use: start again, with that one."""

    section = "state-unusable"


class SchemaTooNew(StoreError):
    """The state was written by a newer version of Tidings."""

    section = "state-too-new"


class SchemaTooOld(StoreBusy):
    """The state on a server was not brought up to date yet: that is done by hand, once for all."""

    section = "state-too-old"


class StateMissing(StoreError):
    """The state was initialised once and is now missing or empty."""

    section = "state-missing"


class StateDamaged(StoreError):
    """The state file is not what it was."""

    section = "state-damaged"


class StateNotAccepted(StoreError):
    """The state is older than what readers have seen, or another: somebody has to accept it."""

    section = "state-not-accepted"


class PublishError(TidingsError):
    """A feed or page could not be put in place; the old one still stands."""

    section = "not-published"


class Overtaken(PublishError):
    """Another process publishes from the same state by now: what this one has is older."""


class MailboxError(TidingsError):
    """A mailbox that reports come to cannot be read; its messages stay where they are."""

    section = "mailbox"


class DeliveryError(TidingsError):
    """A message was not accepted. `permanent` is the whole retry policy in one bit."""

    section = "server-refuses"

    def __init__(self, message: str, *, permanent: bool) -> None:
        self.permanent = permanent
        super().__init__(message)


class TransportClosed(DeliveryError):
    """The way out itself is shut: no other message would pass either.

    `ours` tells a fault of this machine (a full disk) from one of the other side (no server);
    `refused`, that the server itself refused us: our login, sender or greeting; `of_one`, that it
    was said of one message, once the server had let us in: others may pass all the same.
    """

    def __init__(
        self, message: str, *, ours: bool, refused: bool = False, of_one: bool = False
    ) -> None:
        self.ours = ours
        self.refused = refused
        self.of_one = of_one
        super().__init__(message, permanent=False)


class TooLarge(DeliveryError):
    """The message is larger than the server takes; one of at most `most` bytes may pass."""

    def __init__(self, message: str, most: int) -> None:
        self.most = most
        super().__init__(message, permanent=True)


class ReplyLost(DeliveryError):
    """The whole message was handed over, but no answer came: it may have arrived (RFC 1047)."""

    def __init__(self, message: str) -> None:
        super().__init__(message, permanent=False)
