"""A site's first configuration: written from the sample's files, and what is still to be filled in.

The sample's files show every setting with a comment, so an instance of one's own begins with the
same text: other values, and none of the sample's topics and people. What nobody gave is written as
a placeholder, which works and which `check` names until somebody has filled it in.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from tidings.core.settings.lint_topics import warning
from tidings.core.settings.read import Fault, Settings
from tidings.core.settings.site import is_loopback
from tidings.core.settings.values import (
    InvalidValue,
    ascii_domain,
    check_language,
    check_sender,
    check_site_url,
    check_time_zone,
    one_line,
    parse_mailbox,
)

_MAIN, _TOPICS = "tidings.yaml", "topics.yaml"
# What stands for a value that nobody gave. The zone is UTC by a name that nobody writes.
TITLE = "Title of the site"
URL = "https://example.org/"
ZONE = "Etc/UTC"
SENDER = "News desk <news@example.org>"
TOPIC = "First topic"
# Names that are kept for examples (RFC 2606, RFC 6761): nobody reads mail or pages there.
_EXAMPLES = re.compile(r"(?:.*\.)?(?:example(?:\.(?:com|net|org))?|invalid|test)", re.IGNORECASE)
# Words that YAML takes for something else.
_NO_TEXT = frozenset(("true", "false", "null", "yes", "no", "on", "off", "y", "n"))
_LONGEST_SLUG = 48
# Where comments begin.
_COMMENT = 32


@dataclass(frozen=True, slots=True)
class Start:
    """What a site's first configuration says, as somebody gave it, each checked.

    Raises `InvalidValue` for a value that cannot be what it stands for.
    """

    title: str = TITLE
    url: str = URL
    language: str = "en"
    time_zone: str = ZONE
    sender: str = SENDER
    topics: Sequence[str] = (TOPIC,)

    def __post_init__(self) -> None:
        for name, check in CHECKS.items():
            object.__setattr__(self, name, check(getattr(self, name)))
        topics = tuple(dict.fromkeys(check_topic(title) for title in self.topics))
        object.__setattr__(self, "topics", topics or (TOPIC,))


def check_url(text: str) -> str:
    """Return the address of a site; "https://" may be left out."""
    return check_site_url(text if "://" in text or not text.strip() else f"https://{text.strip()}")


def check_topic(text: str) -> str:
    """Return a topic's title, which has to have words to look for."""
    title = one_line(text)
    if not _terms(title):
        raise InvalidValue(f'"{title}" has no word to look for', 'write: "Fair recruitment"')
    return title


CHECKS = {
    "title": one_line,
    "url": check_url,
    "language": check_language,
    "time_zone": check_time_zone,
    "sender": check_sender,
}


def written(start: Start, year: int, sample: Mapping[str, str]) -> dict[str, str]:
    """The configuration files of a site that begins in this year, from those of the sample."""
    files = dict(sample)
    files[_MAIN] = _main(files[_MAIN], start, year)
    slugs = _slugs(start.topics)
    files["digests.yaml"] = _digests(files["digests.yaml"], start, slugs)
    head, _, _ = files[_TOPICS].partition("\naliases:\n")
    files[_TOPICS] = "\n".join((head, *_topics(start.topics, slugs), ""))
    files["recipients.yaml"] = _recipients(files["recipients.yaml"], slugs)
    return files


def _main(text: str, start: Start, year: int) -> str:
    name, address = parse_mailbox(start.sender)
    for setting, value in (
        ("id", f"{_authority(start.url)},{year}"),
        ("title", start.title),
        ("url", start.url),
        ("language", start.language),
        ("time_zone", start.time_zone),
        ("name", name or start.title),
        ("email", address),
        ("from", start.sender),
    ):
        text = _set(text, setting, value)
    about = '  # about: ""                 # one sentence on the site'
    return re.sub(r"^  about: .*$", about, text, count=1, flags=re.MULTILINE)


def _set(text: str, setting: str, value: str) -> str:
    """Put a value into the first line that has this setting; a comment behind it stays."""
    line = re.compile(rf"^(?P<set> +{setting}: )(?P<value>.*?)(?: +(?P<comment># .*))?$", re.M)

    def put(found: re.Match[str]) -> str:
        told = found["set"] + _yaml(value)
        return f"{told:<{_COMMENT - 1}} {found['comment']}" if found["comment"] else told

    return line.sub(put, text, count=1)


def _digests(text: str, start: Start, slugs: Sequence[str]) -> str:
    text = _set(text, "title", start.title)
    text = re.sub(r"(topics: all +# or some of: ).*", rf"\1[{', '.join(slugs[:3])}]", text)
    history = "    # history: skip             # only what comes from now on; or: mail"
    return re.sub(r"^    history: mail .*$", history, text, flags=re.MULTILINE)


def _topics(titles: Sequence[str], slugs: Sequence[str]) -> Iterator[str]:
    yield "# aliases:"
    yield "#   - [labour, labor]"
    yield ""
    yield "topics:"
    for title, slug in zip(titles, slugs, strict=True):
        yield f"  {slug}:"
        yield f"    title: {_yaml(title)}"
        yield '    # about: ""                 # one sentence, on its page and in its feed'
        yield "    any:"
        yield from (f"      - {_yaml(term)}" for term in _terms(title))
        yield "    tests:"
        yield f"      match: [{_quoted(title)}]"
        yield "      # no_match: []            # near misses: headlines that must not fall under it"


def _recipients(text: str, slugs: Sequence[str]) -> str:
    """The lists without people; those of the sample become comments that show how it is done."""
    head, _, rest = text.partition("  staff:\n")
    people, shared, others = rest.partition("    # A group address")
    people = re.sub(r"^    (?=[- ] )", "    # ", people, flags=re.MULTILINE)
    people = re.sub(r"topics: \[.*?\]", f"topics: [{slugs[0]}]", people)
    return f"{head}  staff: []\n{people}{shared}{others}"


def _authority(url: str) -> str:
    """The domain that permanent ids begin with."""
    host = urlsplit(url).hostname or ""
    return ascii_domain(host).strip("-_.") or "localhost"


def _terms(title: str) -> tuple[str, ...]:
    """Phrases to look for: the parts of a title between its signs. Capitals stay in acronyms."""
    parts = re.split(r"[^\w\s'’-]+|_+", title)
    words = ([_uncapitalised(word) for word in part.strip("-'’ ").split()] for part in parts)
    phrases = (" ".join(part) for part in words)
    return tuple(dict.fromkeys(part for part in phrases if re.search(r"[^\W_]", part)))


def _uncapitalised(word: str) -> str:
    return word.lower() if word[1:] == word[1:].lower() else word


def _slugs(titles: Sequence[str]) -> tuple[str, ...]:
    """A name of each topic for addresses: its title's words in ASCII."""
    slugs: dict[str, None] = {}
    for title in titles:
        plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().casefold()
        words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_LONGEST_SLUG].strip("-")
        name = free = words or "topic"
        number = 2
        while free in slugs:
            free, number = f"{name}-{number}", number + 1
        slugs[free] = None
    return tuple(slugs)


def _yaml(text: str) -> str:
    """A text as YAML: as it is where that cannot be misunderstood, else in quotes."""
    plain = re.fullmatch(r"[^\W\d_][\w .,'’()/@+-]*(?<! )|https?://[\w./:-]+", text)
    address = re.fullmatch(r"[\w .'’-]+ <[\w.@+-]+>", text)
    fit = (plain or address) and text.casefold() not in _NO_TEXT
    return text if fit else _quoted(text)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


# --- What is still to be filled in ---------------------------------------------------------------


def placeholders(settings: Settings) -> Iterator[Fault]:
    """Settings that are still as `init` wrote them, each at its place."""
    site = settings.site
    if site.title == TITLE:
        message = "the title is a placeholder"
        yield warning(_MAIN, ("site", "title"), message, "write what the site is called")
    if site.url == URL:
        message = "example.org is a placeholder: links in feeds and messages do not work"
        yield warning(_MAIN, ("site", "url"), message, _AN_ADDRESS)
    if site.time_zone == ZONE:
        message = "the time zone is a placeholder"
        hint = "write yours, such as Europe/Madrid; UTC if you mean it"
        yield warning(_MAIN, ("site", "time_zone"), message, hint)
    if is_real(site.url) or site.url == URL:
        for path, address in (
            (("site", "author", "email"), site.author.email),
            (("mail", "from"), settings.mail.address),
        ):
            if is_example(address.rpartition("@")[2]):
                message = f"{address} is a placeholder: nobody reads mail there"
                yield warning(_MAIN, path, message, "write an address of yours")
    for topic in settings.topics:
        if topic.title == TOPIC:
            message = "this topic is a placeholder"
            hint = "write what people can follow: docs/how-to/write-a-topic.md"
            yield warning(_TOPICS, ("topics", topic.slug), message, hint, at_key=True)


def doubtful_site_id(settings: Settings, recorded: str) -> Iterator[Fault]:
    """A `site.id` that is not the `recorded` one of the state, or begins with a placeholder while
    there is no state yet."""
    site, path = settings.site, ("site", "id")
    domain = site.id.partition(",")[0].rpartition("@")[2]
    if recorded and site.id != recorded:
        message = f"the site began as {recorded}: feed readers will show all entries once more"
        hint = f"put {recorded} back, or start over: docs/how-to/start-over.md"
        yield warning(_MAIN, path, message, hint)
    elif not recorded and is_real(site.url) and is_example(domain):
        message = f"{domain} is a placeholder, and permanent ids begin with it"
        hint = "write a domain of yours before the first run, and never change it afterwards"
        yield warning(_MAIN, path, message, hint)


_AN_ADDRESS = (
    "write where feeds/ will be served, and its domain into site.id: docs/how-to/go-public.md"
)


def is_real(url: str) -> bool:
    """Whether an address is neither this machine's nor one that is kept for examples."""
    host = urlsplit(url).hostname or ""
    local = is_loopback(host) or host.endswith(".localhost")
    return not local and not is_example(host)


def is_example(domain: str) -> bool:
    """Whether a domain is kept for examples, so that nobody is there."""
    return bool(_EXAMPLES.fullmatch(domain))
