"""Examines an instance: configuration, templates, rule tests, and what is likely a mistake.

`check` prints what is found here; whatever else judges a configuration asks here as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from zoneinfo import ZoneInfo

from tidings.adapters.config import FOLDER, config_files, inspect
from tidings.adapters.config.notes import Notes
from tidings.adapters.pictures import is_installed
from tidings.core.addresses import web_address
from tidings.core.settings import Fault, Settings
from tidings.core.settings.lint import (
    failing_tests,
    joined_groups,
    lint,
    lint_against,
)
from tidings.core.settings.lint_topics import about
from tidings.core.settings.start import doubtful_site_id, is_example, is_real
from tidings.core.settings.values import is_bucket
from tidings.core.topics import Languages
from tidings.core.years import remarks
from tidings.entrypoints import wiring
from tidings.entrypoints.buckets import bucket_problem
from tidings.entrypoints.reading import stray_examples
from tidings.errors import ConfigError, SeedError, TemplateError
from tidings.model import Digest, Help, Item, Problem, SeedRef, Severity

_WITHOUT_PEOPLE = {"tidings.yaml", "topics.yaml", "digests.yaml"}
PACKAGED = "digest"  # the look of a digest that comes with Tidings
LARGEST_SHOWN = 16 * 2**20  # bytes


@dataclass(frozen=True, slots=True)
class Examination:
    """What was found, file by file, problems before warnings before notes."""

    findings: tuple[Problem, ...]
    topics: int = 0
    rule_tests: int = 0

    def of(self, severity: Severity) -> tuple[Problem, ...]:
        """The findings of one severity."""
        return tuple(found for found in self.findings if found.severity == severity)


def examine(root: Path, environ: Mapping[str, str], *, beyond: bool = False) -> Examination:
    """Find everything at once: one file in disorder does not hide the others. Touches nothing.

    `beyond` this machine: also ask the store of a bucket whether it may be read and written.
    """
    inspection = inspect(root, environ, wiring.languages(root))
    settings, rules = inspection.settings, inspection.topics()
    topics, aliases = (rules.to_topics(), rules.aliases) if rules else ((), ())
    languages = settings.languages if settings else Languages()
    faults: list[Fault] = list(failing_tests(topics, aliases, languages))
    problems = [*inspection.problems, *inspection.holidays, *inspection.notes.problems]
    if inspection.documents:
        told, missing = _templates(root, settings)
        problems += told
        faults += missing
    if settings is not None:
        faults += lint(settings)
        faults += _buckets(settings, environ) if beyond else ()
        instance = wiring.Instance(root, settings, environ)
        problems += _secrets(instance)
        faults += _beside_the_items(instance, problems, inspection.notes)
        faults += _beside_the_files(instance)
        problems += _people_in_git(instance)
    findings = [*problems, *map(inspection.locate, faults)]
    return Examination(
        findings=tuple(_sorted(findings)),
        topics=len(topics),
        rule_tests=sum(len(topic.tests) for topic in topics),
    )


def _buckets(settings: Settings, environ: Mapping[str, str]) -> Iterator[Fault]:
    """What is wrong with the buckets that are written to, where their addresses stand."""
    for name, place in (("publish", settings.publish), ("witness", settings.witness or "")):
        if not is_bucket(place) or not (found := bucket_problem(place, environ)):
            continue
        told = f"{found.path}: {found.message}" if found.path else found.message
        help_, severity = found.help, found.severity
        yield Fault("tidings.yaml", (name,), told, found.hint, severity=severity, help=help_)


def _templates(root: Path, settings: Settings | None) -> tuple[list[Problem], list[Fault]]:
    """What is wrong in the templates, and the digests whose templates are not there."""
    digests = settings.digests if settings else ()
    if not _has_overrides(root) and all(digest.template == PACKAGED for digest in digests):
        return [], []
    # Here, since most instances have no template of their own.
    from tidings.adapters.templates import Templates

    try:
        # In which language and zone they render makes no difference here.
        templates = Templates(root / wiring.OVERRIDES, "en", ZoneInfo("UTC"))
    except TemplateError as error:
        return [Problem(wiring.OVERRIDES, 0, 0, str(error), help=error.help)], []
    faults = []
    for digest in digests:
        for name in _wanted(digest):
            if not templates.has(name):
                message = f"the digest {digest.slug} needs the template {name}, which is not there"
                hint = f"write templates/{name}, or leave out `template`"
                path = ("digests", digest.slug, "template")
                faults.append(Fault("digests.yaml", path, message, hint, help=Help.TEMPLATE_BROKEN))
    found = list(templates.check())
    if settings and not (found or faults):
        from tidings.entrypoints.sample_mail import faults_of

        found += faults_of(templates, settings)
    return found, faults


def _has_overrides(root: Path) -> bool:
    """Whether there is anything in `templates/` but the page that `init` writes there."""
    try:
        return any(each.name != "README.md" for each in (root / wiring.OVERRIDES).iterdir())
    except FileNotFoundError:
        return False
    except OSError:
        return True  # whoever reads it says what is wrong


def _wanted(digest: Digest) -> Iterator[str]:
    for part in ("subject.txt", "body.txt", "body.html"):
        yield f"{digest.template}/{part}.j2"


def _secrets(instance: wiring.Instance) -> Iterator[Problem]:
    """What is wrong with the secrets that a state on a server needs, or with what reads it. What is
    only not there may be elsewhere: a configuration is checked where no secret is, too."""
    if instance.settings.state_path:
        return
    environ = instance.environ
    given = environ.get("TIDINGS_SECRET_KEY") or environ.get("TIDINGS_SECRET_KEY_FILE")
    try:
        _ = instance.state
    except ConfigError as error:
        yield from error.problems
    try:
        wiring.secret(instance)
    except ConfigError as error:
        severity: Severity = "problem" if given else "warning"
        yield from (replace(each, severity=severity) for each in error.problems)
    if not find_spec("psycopg"):
        told, hint = "a state on a server needs psycopg", "pip install 'tidings[scale]'"
        where = Problem("tidings.yaml", 0, 0, told, hint, help=Help.LIBRARIES)
        yield replace(where, severity="warning")


def _beside_the_items(
    instance: wiring.Instance, problems: list[Problem], notes: Notes
) -> Iterator[Fault]:
    try:
        known = wiring.known_items(instance)
    except ConfigError:
        return  # of the password to the state, which is told already
    except SeedError as error:
        where = Problem("seeds", 0, 0, str(error), help=error.help)
        problems.append(replace(where, severity="warning"))
        return
    yield from lint_against(instance.settings, known.items, known.paths)
    yield from about(Help.GROUP_ADDRESS, joined_groups(instance.settings.lists, known.joined))
    yield from about(Help.SITE_ID, doubtful_site_id(instance.settings, known.site_id))
    problems += _strangers_in(notes, known.items)
    problems += _sample_news(instance, known.paths)
    problems += wiring.unread_files(instance, set(known.paths))
    today = _now(instance).astimezone(instance.settings.zone).date()
    standing = (seen for item in known.items for seen in item.sources if seen.position is not None)
    problems += _pictures(instance, known.items)
    problems += remarks(((seen.ref, seen.text.date) for seen in standing), today)
    for each in known.stranded:
        file = f"{FOLDER}/{'topics' if each.topics else 'digests'}.yaml"
        told, remedy = each.told, each.remedy
        note = Problem(file, 0, 0, told, remedy, severity="note", help=Help.CHOICES_GONE)
        problems.append(note)


def _strangers_in(notes: Notes, items: Sequence[Item]) -> Iterator[Problem]:
    """What notes name as items, and is none or could be several."""
    for document in notes.documents.values():
        for path, place in document.values.items():
            if path != ("lead",) and (path[:1] != ("leave_out",) or len(path) < 2):
                continue
            said = place.text.strip("\"'")
            found = [item for item in items if said in (item.id, item.slug)] or [
                item for item in items if item.id.startswith(said) or item.slug.startswith(said)
            ]
            if len(found) == 1:
                continue
            told = f"there is no item {place.text}"
            told = f"{place.text} could be several items" if found else told
            hint = "the name of its page without .html; the beginning of it is enough"
            yield place.problem(told, hint, help=Help.NOTE)


def _pictures(instance: wiring.Instance, items: Iterable[Item]) -> Iterator[Problem]:
    """Local pictures that are not there, or that nothing can make; and a note of those elsewhere
    that are not shown."""
    folder = wiring.pictures(instance.root)
    shown = (each for each in items if each.listed and not each.retraction)
    remote: list[Item] = []
    local: list[Item] = []
    for item in shown:
        if item.text.image:
            (remote if web_address(item.text.image.url) else local).append(item)
    for item in local:
        path = item.text.image.url if item.text.image else ""
        if folder.look(path) is None:
            message = f"the picture {path} is not there, so its entry is published without"
            hint = "put the file beside the listing, or correct the name"
            if is_bucket(item.source):
                message = f"the picture {path} is in a bucket, so its entry is published without"
                hint = "give it a web address, and say `remote_images: true` below `site`"
            yield _at_entry(item, message, hint)
    if local and not is_installed():
        first = local[0].text.image.url if local[0].text.image else ""
        message = f"pictures such as {first} need Pillow, which is not installed"
        yield _at_entry(local[0], message, "pip install 'tidings[inputs]'")
    if remote and not instance.settings.site.remote_images:
        many = f"{len(remote)} items have pictures" if len(remote) > 1 else "an item has a picture"
        message = (
            f"{many} at other sites, which are not shown"
            if len(remote) > 1
            else (f"{many} at another site, which is not shown")
        )
        hint = "`remote_images: true` below `site` shows such pictures on pages and in feeds"
        yield replace(_at_entry(remote[0], message, hint), severity="note")


def _at_entry(item: Item, message: str, hint: str) -> Problem:
    image = item.text.image
    named = (each.ref for each in item.sources if each.text.image == image)
    ref = next(named, SeedRef(item.source, 0))
    line = ref.line
    return Problem(
        ref.path, line, int(line > 0), message, hint, severity="warning", help=Help.LISTING
    )


def _now(instance: wiring.Instance) -> datetime:
    """The present, or the instant that SOURCE_DATE_EPOCH names."""
    epoch = instance.environ.get("SOURCE_DATE_EPOCH", "")
    return datetime.fromtimestamp(int(epoch), UTC) if epoch.isdecimal() else wiring.clock().now()


def _sample_news(instance: wiring.Instance, paths: Sequence[str]) -> Iterator[Problem]:
    """The sample's news, which would be published as a site's own."""
    if not is_real(instance.settings.site.url):
        return
    try:
        found = wiring.sample_seeds(instance, paths)
    except OSError:
        return  # whoever reads it says what is wrong
    if found:
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        title = instance.settings.site.title
        message = f"{found[0]}{more} are the sample's news, published under the name of {title}"
        hint = "remove them; if they were published, start over: docs/how-to/start-over.md"
        yield Problem("seeds", 0, 0, message, hint, severity="warning", help=Help.SAMPLE_NEWS)


def _people_in_git(instance: wiring.Instance) -> Iterator[Problem]:
    """Addresses of people in files that Git tracks. A clone of Tidings gets around; a repository of
    the site alone may be as private as its lists."""
    people = {person.address for each in instance.settings.lists.values() for person in each}
    real = [address for address in people if not is_example(address.rpartition("@")[2])]
    if not real:
        return
    from tidings.adapters import git

    files = [file for file in config_files(instance.root) if file.name not in _WITHOUT_PEOPLE]
    tracked = sorted({file for held in git.held(files) for file in held.tracked})
    is_clone = (instance.root / "src" / "tidings" / "sample").is_dir()
    hint = (
        "keep your site in a folder of its own, which `tidings init DIR` begins"
        if is_clone
        else "keep the repository as private as the list"
    )
    severity: Severity = "warning" if is_clone else "note"
    for file in tracked:
        text = file.read_text("utf-8", errors="replace")
        if not any(address in text for address in real):
            continue
        message = (
            "Git tracks this file with addresses of people: whoever has the repository has them"
        )
        place = f"{FOLDER}/{file.name}"
        yield Problem(place, 0, 0, message, hint, severity=severity, help=Help.ADDRESSES_IN_GIT)


def _beside_the_files(instance: wiring.Instance) -> Iterator[Fault]:
    """Examples whose titles stand in no file of their sources."""
    if not any(source.example for source in instance.settings.sources):
        return
    try:
        strays = stray_examples(instance.root, instance.settings, instance.environ)
    except SeedError:
        return  # said already
    for index, title in strays:
        yield Fault(
            "tidings.yaml",
            ("sources", index, "example", "title"),
            f'"{title}" is in no file of this source',
            "a page that has scrolled is still read as this example says; if it was never"
            " there, tidings parse FILE --first names the nearest title",
            severity="warning",
            help=Help.EXAMPLE_NOT_FOUND,
        )


def _sorted(findings: Iterable[Problem]) -> list[Problem]:
    """Problems first; those of one severity keep the order of files, by line."""
    ranks = {"problem": 0, "warning": 1, "note": 2}
    files: dict[str, int] = {}
    listed = list(findings)
    for found in listed:
        files.setdefault(found.path, len(files))
    return sorted(
        listed,
        key=lambda found: (ranks[found.severity], files[found.path], found.line, found.column),
    )


def source_lines(path: Path) -> list[str]:
    """The lines of a file as editors count them, without passwords; none if it is no text file."""
    try:
        if not path.is_file() or path.stat().st_size > LARGEST_SHOWN:
            return []
        text = path.read_bytes().decode("utf-8-sig", errors="replace")
    except OSError:
        return []
    return [
        re.sub(r"(//[^/\s:@]*):[^/\s@]+@", r"\1:…@", line) for line in re.split(r"\r\n|\r|\n", text)
    ]
