"""What somebody should mend: problems of inputs, and findings of a look at an instance.

It stands alone since items, topics and mail have no part in it, and all layers name problems.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

Severity = Literal["problem", "warning", "note"]


class Help(StrEnum):
    """Kinds of messages, each with a section of the page "What to do when" of the documentation.

    A value is the anchor of its section: the heading in small letters, with hyphens.
    """

    # An instance and its configuration.
    NO_INSTANCE = "no-instance"
    FILE_UNREADABLE = "file-unreadable"
    YAML = "not-yaml"
    CSV_LIST = "csv-list"
    UNKNOWN_SETTING = "unknown-setting"
    SETTING_MISSING = "setting-missing"
    WRONG_VALUE = "wrong-value"
    UNKNOWN_LANGUAGE = "unknown-language"
    SECRET_UNUSABLE = "secret-unusable"  # noqa: S105
    RULE_TEST_FAILS = "rule-test-fails"
    TEMPLATE_BROKEN = "template-broken"
    TRANSLATION_BROKEN = "translation-broken"
    CONFIGURATION_REFUSED = "configuration-refused"
    # What is likely a mistake.
    PLACEHOLDER = "placeholder"
    SITE_ID = "site-id"
    SAMPLE_NEWS = "sample-news"
    ADDRESSES_IN_GIT = "addresses-in-git"
    DOUBTFUL_TERM = "doubtful-term"
    TOPIC_UNTESTED = "topic-without-tests"
    UNKNOWN_REFERENCE = "unknown-reference"
    TOPIC_CONTENT = "topic-content"
    NOBODY_REACHED = "nobody-reached"
    LANGUAGE_OF_ITEMS = "language-of-items"
    GROUP_ADDRESS = "group-address"
    LINKS_LEAD_NOWHERE = "links-do-not-work"
    SEVERAL_MACHINES = "several-machines"
    EXAMPLE_NOT_FOUND = "example-not-found"
    # Listings and items.
    LISTING = "listing"
    SEEDS_UNREADABLE = "seeds-unreadable"
    FILE_NOT_READ = "file-not-read"
    CONFLICT_COPY = "conflict-copy"
    YEAR_FAR_OFF = "year-far-off"
    SAME_NEWS = "same-news"
    NO_SUCH_ITEM = "no-such-item"
    NOT_POSSIBLE = "not-possible"
    # The machine.
    PYTHON = "python"
    SQLITE = "sqlite"
    LIBRARIES = "libraries"
    TIME_ZONES = "time-zones"
    CLOCK = "clock"
    ACCESS = "access"
    SECRETS_EXPOSED = "secrets-exposed"
    SECRETS_IN_GIT = "secrets-in-git"
    DISK = "disk"
    # The state and runs.
    STATE_MISSING = "state-missing"
    STATE_DAMAGED = "state-damaged"
    STATE_NOT_ACCEPTED = "state-not-accepted"
    STATE_TOO_NEW = "state-too-new"
    STATE_TOO_OLD = "state-too-old"
    STATE_BUSY = "state-busy"
    STATE_UNUSABLE = "state-unusable"
    STATE_UPGRADE = "state-upgrade"
    NO_WORKER = "no-worker"
    NO_RECENT_RUN = "no-recent-run"
    RUNS_FAIL = "runs-fail"
    # What is published.
    NOT_PUBLISHED = "not-published"
    FILES_ALTERED = "published-files-altered"
    FEEDS_BEHIND = "feeds-behind"
    BUCKET = "bucket"
    # Mail and people.
    SERVER_REFUSES = "server-refuses"
    CERTIFICATE_ENDS = "certificate-ends"
    PASSWORD_ENDS = "password-ends"  # noqa: S105
    TOKEN_COMMAND = "token-command"  # noqa: S105
    RETURN_PATH = "return-path"
    MAILBOX = "mailbox"
    REFUSED_ALIKE = "refused-alike"
    MANY_BOUNCED = "many-bounced"
    BOUNCED = "bounced"
    LIST_SHRANK = "list-shrank"
    CHOICES_GONE = "choices-gone"
    MESSAGES_FAILED = "messages-failed"
    MESSAGES_IN_DOUBT = "messages-in-doubt"
    MESSAGES_WAIT = "messages-wait"
    MESSAGES_LATE = "messages-late"
    MESSAGES_ON_HOLD = "messages-on-hold"
    DIGEST_LATE = "digest-late"
    WAITS_FOR_APPROVAL = "waits-for-approval"
    PROOF_NOT_SENT = "proof-not-sent"
    NOTE = "note"
    HOLIDAYS = "holidays"
    # The command line.
    WRONG_ARGUMENT = "wrong-argument"

    @property
    def address(self) -> str:
        """The page and the section, as `tidings help` takes them."""
        return f"what-to-do-when#{self}"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something an administrator should mend: where it is, what it is, and what to do.

    A value, not an exception, so that one bad entry never stops the good ones.
    `path` is relative to the instance; `line` and `column` count from 1, 0 means the whole file.
    `excerpt` is the offending text as it stands on its line, where a caret can be drawn.
    `severity` tells what must be mended from a warning, which is likely a mistake, and from a note.
    `help` is the section that says more.
    """

    path: str
    line: int
    column: int
    message: str
    hint: str = ""
    excerpt: str = ""
    severity: Severity = "problem"
    help: Help = Help.LISTING

    def __str__(self) -> str:
        place = self.path
        if self.line:
            place += f":{self.line}"
            if self.column:
                place += f":{self.column}"
        return f"{place}: {self.message}" + (f" ({self.hint})" if self.hint else "")


class Level(StrEnum):
    """How much a finding matters: not at all, worth knowing, or to be mended."""

    FINE = "fine"
    NOTE = "note"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: `check` names it in a word or two, `message` says how it is,
    `remedy` what to do about it, "" where there is nothing to do; `help` is the section that says
    more, None where there is nothing to say."""

    check: str
    message: str
    remedy: str = ""
    level: Level = Level.WRONG
    help: Help | None = field(kw_only=True)
