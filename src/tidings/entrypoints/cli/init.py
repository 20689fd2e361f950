"""`tidings init` and `schema`: files that an instance begins with, and schemas for editors."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence, Set
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import typer

from tidings.adapters import machine
from tidings.core.audience import words_for
from tidings.core.settings import FILES, InvalidValue, suggestion
from tidings.core.settings import schema as schemas
from tidings.core.settings.start import (
    CHECKS,
    SENDER,
    TITLE,
    TOPIC,
    URL,
    ZONE,
    Start,
    check_topic,
    is_real,
    written,
)
from tidings.core.settings.values import check_sender, mailbox
from tidings.entrypoints import wiring
from tidings.entrypoints.cli.common import console, headline, row, with_hint
from tidings.entrypoints.cli.exits import usage

SAMPLE_YEAR = "news.example.org,2026"

# What an instance makes and Git must not have, as lines of a .gitignore.
IGNORED = (
    "# Made by Tidings: secrets, addresses of people, and what can be made again",
    "/state/",
    "/outbox/",
    "/.tidings-witness*",
    "/.tidings-*/",
    "/feeds/*",
    "!/feeds/README.md",
    "# Backups hold the state and its key",
    "*.tar",
    "*.tar.*",
)
IGNORED_OF_CHECKS = ("# Made by the check of a change", "/plan.json", "/plan.md")
MAIN = "config/tidings.yaml"
# What an instance has as a repository, and the file of the package that it begins as. An empty
# folder is nothing to Git, and listings need theirs.
REPOSITORY = {
    "README.md": "README.md",
    "CODEOWNERS": "CODEOWNERS",
    ".github/workflows/review.yml": "github.yml",
    ".gitlab-ci.yml": "gitlab.yml",
    "ci/install.sh": "install.sh",
    "seeds/.gitkeep": "",
}
# A folder with nothing else in it counts as empty: a repository that was just begun.
OF_GIT = {".git", ".gitattributes", ".gitignore"}
# What hosts of repositories put into a new one.
OF_HOSTS = {"README.md", "LICENSE"}
SCHEMAS = Path("config/.schema")

OPTIONS = {
    "title": "--title",
    "url": "--url",
    "language": "--language",
    "time_zone": "--time-zone",
    "sender": "--from",
    "topics": "--topic",
}
# What a terminal is asked for, and what stands for no answer.
QUESTIONS = {
    "title": ("What is the site called?", TITLE),
    "url": ("At which address will it be served?", URL),
    "language": ("In which language?", "en"),
    "time_zone": ("In which time zone?", ZONE),
    "sender": ("Who sends its mail? Name <address>", SENDER),
    "topics": ("What can people follow? Topics, with commas between them", TOPIC),
}

File = Literal["tidings", "topics", "digests", "recipients"]


Title = Annotated[str | None, typer.Option("--title", help="What the site is called.")]
Url = Annotated[str | None, typer.Option("--url", help="Where it will be served.")]
Language = Annotated[str | None, typer.Option("--language", help="Of its pages and mail.")]
Zone = Annotated[str | None, typer.Option("--time-zone", help="By whose clock days begin.")]
Sender = Annotated[str | None, typer.Option("--from", help="Who sends its mail: Name <address>.")]
Topics = Annotated[
    list[str] | None,
    typer.Option("--topic", metavar="TITLE", help="What people can follow; may be repeated."),
]


def init(  # noqa: PLR0913 - each is an option
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.")],
    title: Title = None,
    url: Url = None,
    language: Language = None,
    time_zone: Zone = None,
    sender: Sender = None,
    topic: Topics = None,
    sample: Annotated[
        bool, typer.Option("--sample", help="Write the sample, with topics and listings, to try.")
    ] = False,
    git: Annotated[
        bool, typer.Option("--git", help="Also write what checks each change in a repository.")
    ] = False,
) -> None:
    """Write an instance of your own; a terminal is asked for what no option says."""
    given = {
        "title": title,
        "url": url,
        "language": language,
        "time_zone": time_zone,
        "sender": sender,
        "topics": topic or None,
    }
    said = {name: value for name, value in given.items() if value is not None}
    if sample and said:
        raise usage("--sample writes the sample as it is: leave out the other options, or it")
    if git and not said and not sample and (directory / MAIN).is_file():
        _tell_repository(directory, write_repository(directory))
        return
    begun = OF_GIT | OF_HOSTS if git else OF_GIT
    if directory.exists() and (not directory.is_dir() or _is_used(directory, begun)):
        raise usage(f"{directory} exists and is not an empty folder; name a new one")
    start = None if sample else _start(said)
    year = wiring.clock().now().year
    write_instance(directory, start, year)
    _tell(directory, start)
    if git:
        _tell_repository(directory, write_repository(directory))


# --- Questions -----------------------------------------------------------------------------------


def _start(said: dict[str, str | list[str]]) -> Start:
    """What the options say, and a terminal is asked for. Raises a usage error for a bad value."""
    for name, value in said.items():
        for each in value if isinstance(value, list) else [value]:
            try:
                _checked(name, each)
            except InvalidValue as wrong:
                raise usage(with_hint(f"{OPTIONS[name]}: {wrong.message}", wrong.hint)) from None
    if said.get("time_zone") == ZONE:
        said["time_zone"] = "UTC"  # it is meant: only a placeholder is written so
    if sys.stdin.isatty() and sys.stdout.isatty():
        said = _asked(said)
    return Start(**said)  # type: ignore[arg-type]


def _checked(name: str, value: str) -> str:
    """Return a value as it is written. Raises InvalidValue."""
    if name == "topics":
        return check_topic(value)
    checked = CHECKS[name](value)
    known = wiring.languages(Path(os.devnull))
    if name == "language" and not words_for(checked, known):
        raise InvalidValue(
            f'there is no translation for the language "{checked}"',
            f"{suggestion(checked, known)}; begin with en and see "
            "docs/how-to/speak-another-language.md",
        )
    return checked


def _asked(said: dict[str, str | list[str]]) -> dict[str, str | list[str]]:
    """Ask for what is not said; a default that is kept stays a placeholder."""
    answers = dict(said)
    likely = {"sender": lambda: _likely_sender(answers), "time_zone": machine.time_zone}
    for name, (question, placeholder) in QUESTIONS.items():
        if name not in answers:
            default = likely[name]() if name in likely else ""
            answers[name] = _ask(name, question, default or placeholder)
    return answers


def _ask(name: str, question: str, default: str) -> str | list[str]:
    while True:
        answer = typer.prompt(question, default=default)
        several = name == "topics"
        parts = [part for part in answer.split(",") if part.strip()] if several else [answer]
        try:
            checked = [_checked(name, part) for part in parts]
        except InvalidValue as wrong:
            print(f"   {with_hint(wrong.message, wrong.hint)}")
            continue
        return checked if several else checked[0]


def _likely_sender(answers: dict[str, str | list[str]]) -> str:
    """The site's name and an address at its domain; "" where there is none."""
    title, url = str(answers["title"]), str(answers["url"])
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    if not is_real(url) or "." not in host:
        return ""
    sender = mailbox(title, f"news@{host}")
    try:
        return check_sender(sender)
    except InvalidValue:
        return ""


# --- Files ---------------------------------------------------------------------------------------


def write_instance(directory: Path, start: Start | None, year: int) -> None:
    """Write what begins a site of one's own; where there is no `start`, the sample."""
    packaged = files("tidings") / "sample"
    directory.mkdir(0o755, parents=True, exist_ok=True)
    config = directory / "config"
    if start is None:
        _copy(packaged, directory)
        main = config / "tidings.yaml"
        text = main.read_text(encoding="utf-8")
        main.write_text(text.replace(SAMPLE_YEAR, f"news.example.org,{year}"), encoding="utf-8")
    else:
        for name in ("config", "templates"):
            (directory / name).mkdir(0o755)
            _copy(packaged / name, directory / name)
        (directory / "seeds").mkdir(0o755)
        sample = {name: (config / name).read_text(encoding="utf-8") for name in FILES}
        for name, text in written(start, year, sample).items():
            (config / name).write_text(text, encoding="utf-8")
    _ignore(directory / ".gitignore")


def write_repository(directory: Path) -> tuple[list[str], list[str]]:
    """Write what an instance has as a repository; what is there stays as it is.

    Returns the files that were written, and those that were there.
    """
    wrote, left = list[str](), list[str]()
    for name, source in REPOSITORY.items():
        place = directory / name
        text = (files("tidings") / "repository" / source).read_text("utf-8") if source else ""
        try:
            place.parent.mkdir(0o755, parents=True, exist_ok=True)
            with place.open("x", encoding="utf-8") as stream:
                stream.write(text)
        except FileExistsError:
            left.append(name)
        else:
            wrote.append(name)
    _ignore(directory / ".gitignore", (*IGNORED, *IGNORED_OF_CHECKS))
    return wrote, left


def _tell_repository(directory: Path, files_of: tuple[list[str], list[str]]) -> None:
    out = console()
    wrote, left = files_of
    headline(out, f"Prepared {directory} as a repository.")
    out.print()
    for number, name in enumerate(wrote):
        row(out, "" if number else "written", name)
    for number, name in enumerate(left):
        row(out, "" if number else "kept", f"{name}, which was there")
    row(out, "owners", "write into CODEOWNERS who approves which change")
    row(out, "check", "put the wheel of Tidings into ci/, or set PACKAGE_OF_TIDINGS:")
    row(out, "", "ci/install.sh says how")
    row(out, "help", "tidings help review-changes")


def _tell(directory: Path, start: Start | None) -> None:
    out = console()
    headline(out, f"Created {directory}.")
    out.print()
    go = f"tidings -C {directory}"
    if start is None:
        row(out, "then", f"{go} check")
        row(out, "", f"{go} run --send now")
        row(out, "your own", "tidings init DIR, without --sample")
        row(out, "help", "tidings help tutorial")
        return
    row(out, "then", f"{go} check")
    row(out, "", "which names what is still to be filled in, file by file")
    row(out, "listings", f"save them as text into {directory}/seeds/")
    row(out, "run", f"{go} run")
    row(out, "help", "tidings help tutorial")


def _is_used(directory: Path, begun: Set[str]) -> bool:
    return any(each.name not in begun for each in directory.iterdir())


def _ignore(file: Path, wanted: Sequence[str] = IGNORED) -> None:
    """Append to .gitignore the lines that it lacks."""
    said = file.read_bytes() if file.exists() else b""
    lines = {line.strip() for line in said.splitlines()}
    lacking = [line for line in wanted if line.encode() not in lines]
    with file.open("ab") as stream:
        if said and not said.endswith(b"\n"):
            stream.write(b"\n")
        stream.writelines(f"{line}\n".encode() for line in lacking)


def _copy(source: Traversable, target: Path) -> None:
    for child in source.iterdir():
        place = target / child.name
        if child.is_dir():
            place.mkdir(0o755)
            _copy(child, place)
        else:
            descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(child.read_bytes())


def schema(
    context: typer.Context,
    file: Annotated[File | None, typer.Argument(help="Only of this file.")] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Write the schemas to where editors look for them.")
    ] = False,
) -> None:
    """Print the JSON Schema of the configuration. Needs no instance."""
    names = (file,) if file else schemas.NAMES
    if write:
        folder: Path = context.obj / SCHEMAS
        folder.mkdir(parents=True, exist_ok=True)
        for name in names:
            (folder / f"{name}.json").write_text(schema_text(name), encoding="utf-8")
            print(folder / f"{name}.json")
        return
    if file:
        sys.stdout.write(schema_text(file))
        return
    whole = {name: json.loads(schema_text(name)) for name in names}
    sys.stdout.write(json.dumps(whole, ensure_ascii=False, indent=2) + "\n")


def schema_text(name: str) -> str:
    """Return the schema of one configuration file as JSON."""
    return json.dumps(schemas.schema(name), ensure_ascii=False, indent=2) + "\n"
