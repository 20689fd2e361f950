"""The documentation says what is so: its commands run, its tables are complete, its links lead."""

from __future__ import annotations

import fnmatch
import json
import os
import re
import shlex
import shutil
import sqlite3
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import fields
from enum import Enum
from pathlib import Path
from typing import get_args

import pytest
import typer
from pydantic import BaseModel
from ruamel.yaml import YAML

from tests import fork_server
from tests.docs import pages
from tests.docs.pages import PAGES, ROOT, Command
from tidings import errors
from tidings.core.listings import LAYOUTS
from tidings.core.mail.digest import DigestMail, PrintedItem
from tidings.core.pages.issues import DigestPage, IssuePage
from tidings.core.pages.items import ItemView
from tidings.core.pages.site import CorrectionsPage, IndexPage, ItemPage, MovedPage
from tidings.core.pages.topics import TopicPage, YearPage
from tidings.core.settings import (
    FILES,
    DigestsFile,
    RecipientsFile,
    TidingsFile,
    TopicsFile,
)
from tidings.core.settings.mailings import CadenceModel
from tidings.entrypoints.cli import VERBS, app, commands
from tidings.entrypoints.cli.exits import Exit
from tidings.model import CadenceKind, Every

BIN = Path(sys.executable).parent
# What puts the wheel into an environment of its own, or runs it there.
INSTALLERS = {"pipx", "uv", "uvx"}
UNTIL = Path(__file__).with_name("until.py")

# The instant at which pages are tried out: a Tuesday, so that no digest is due.
INSTANT = "2026-11-24T15:00:00+00:00"
EPOCH = "1795532400"
END = "\x1e"

COMMAND_LINE = "docs/reference/command-line.md"
CONFIGURATION = "docs/reference/configuration.md"
EXIT_CODES = "docs/reference/exit-codes.md"
TEMPLATES = "docs/reference/templates.md"
UPGRADE = "docs/how-to/upgrade.md"

SHOWN_COMMANDS = [page for page in PAGES if pages.commands(page)]
SHAPES: dict[str, type[BaseModel]] = {
    "tidings.yaml": TidingsFile,
    "topics.yaml": TopicsFile,
    "digests.yaml": DigestsFile,
    "recipients.yaml": RecipientsFile,
}


# --- What is shown happens -----------------------------------------------------------------------


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ}
    # `tidings` is forked; that of a newcomer's checkout, on the first page, is the real one.
    path = os.pathsep.join((str(fork_server.command().parent), str(BIN), os.environ["PATH"]))
    # No colours and no wrapping: what a pipe gets is what a page shows.
    return {**kept, "PATH": path, "NO_COLOR": "1", "LC_ALL": "C.UTF-8"}


def _checkout(folder: Path) -> None:
    """What a newcomer has after cloning and `make run`'s setting up, as far as pages need it."""
    for name in ("config", "seeds", "templates"):
        shutil.copytree(ROOT / name, folder / name)
    (folder / ".venv/bin").mkdir(parents=True)
    (folder / ".venv/bin/tidings").symlink_to(BIN / "tidings")


def _older_instance(folder: Path) -> None:
    """An instance as an older version left it, with a state of the sixth schema."""
    older = ROOT / "tests/fault/upgrade"
    shutil.copytree(older / "instance", folder)
    (folder / "state").mkdir(0o700)
    (folder / "state/secret.key").write_text("a key that everybody knows")
    with closing(sqlite3.connect(folder / "state/tidings.db")) as state:
        state.executescript((older / "state-6.sql").read_text(encoding="utf-8"))


def _recipe(target: str) -> str:
    """What `make TARGET` runs, after setting up."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    found = re.search(rf"^{re.escape(target)}:.*\n((?:\t.*\n)+)", text, re.MULTILINE)
    assert found, f"the Makefile has no target {target}"
    return found[1].replace("\t@", "").replace("$(BIN)", ".venv/bin").rstrip("\n")


def _runnable(text: str) -> str:
    """A command as it is tried out: without setting up, and a worker ends after one round."""
    words = text.split()
    if words[0] == "make":
        recipe = _recipe(words[1])
        # Tests and checks run themselves: here it is enough that there are such targets.
        return recipe if words[1] == "run" else ":"
    if words[0] in INSTALLERS or words[0].endswith("/pip"):
        # They fetch what Tidings needs. What they would run is the same program, which is here.
        return _runnable(text[text.index(" tidings ") + 1 :]) if words[0] == "uvx" else ":"
    if words == ["tidings", "demo"]:
        return shlex.join([sys.executable, str(UNTIL), "Ctrl-C", *_real(words)])
    if words[0].endswith("tidings") and words[-1] == "serve":
        waiting = [sys.executable, str(UNTIL), "serving address=", *_real(words)]
        return shlex.join([*waiting, "--port", "0"])
    if words[0].endswith("tidings") and words[-1] == "worker":
        return shlex.join([sys.executable, str(UNTIL), "feeds published", *_real(words)])
    if words in (["tidings", "serve"], ["tidings", "worker", "--serve"]):
        told = "worker started" if "worker" in words else "serving address"
        return shlex.join([sys.executable, str(UNTIL), told, *_real(words), "--port", "0"])
    if words[-2:] == ["preview", "--serve"]:
        return shlex.join([sys.executable, str(UNTIL), "follows what you save", *_real(words)])
    return text


def _real(words: list[str]) -> list[str]:
    """What goes on until it is asked to stop is really started: it must hear the signal."""
    return [str(BIN / "tidings"), *words[1:]] if words[0] == "tidings" else words


def _is_worker(command: Command) -> bool:
    return command.text.endswith(" worker")


def _session(commands: tuple[Command, ...], folder: Path) -> list[tuple[str, int]]:
    """Run commands one after the other in one shell; returns what each printed, and its code."""
    environment = _environment()
    if not any(map(_is_worker, commands)):
        # A worker goes by the real clock, and so must all that is said beside it.
        environment["SOURCE_DATE_EPOCH"] = EPOCH
    script = "\n".join(
        f"{_runnable(command.text)}\nprintf '{END}%d{END}' $?" for command in commands
    )
    done = subprocess.run(
        ["bash", "-c", f"exec 2>&1\n{script}"],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    parts = done.stdout.split(END)
    return [(parts[at], int(parts[at + 1])) for at in range(0, len(parts) - 1, 2)]


def _matches(printed: list[str], shown: list[str]) -> bool:
    """Whether lines are as shown; "..." stands for anything, on a line of its own for any lines."""
    if not shown:
        return not printed
    if shown[0].strip() == "...":
        return any(_matches(printed[at:], shown[1:]) for at in range(len(printed) + 1))
    pattern = "*".join(map(_literal, shown[0].split("...")))
    return bool(printed) and fnmatch.fnmatchcase(printed[0], pattern) and _matches(
        printed[1:], shown[1:]
    )  # fmt: skip


def _literal(text: str) -> str:
    return re.sub(r"([*?[])", r"[\1]", text)


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip("\n").split("\n")] if text.strip("\n") else []


@pytest.mark.parametrize("page", SHOWN_COMMANDS)
def test_every_command_on_a_page_does_what_the_page_shows(page: str, tmp_path: Path) -> None:
    if page in ("README.md", "CONTRIBUTING.md"):
        _checkout(tmp_path)
    if page == UPGRADE:
        _older_instance(tmp_path / "news")
    commands = pages.commands(page)
    outcomes = _session(commands, tmp_path)
    assert len(outcomes) == len(commands)
    for command, (printed, code) in zip(commands, outcomes, strict=True):
        assert code == 0, f"{page}: `{command.text}` ends with {code}:\n{printed}"
        shown = _lines("\n".join(command.shown))
        if shown:
            assert _matches(_lines(printed), shown), f"{page}: `{command.text}` prints\n{printed}"


def test_the_tutorial_gets_to_a_mail_with_fewer_than_twenty_commands() -> None:
    said = [command.text.split()[:2] for command in pages.commands("docs/tutorial.md")]
    assert len(said) < 20
    verbs = [words[1] for words in said if words[0] == "tidings"]
    assert verbs[0] == "init"
    assert {"check", "test", "run", "preview", "serve", "send", "status", "worker"} <= {*verbs}


@pytest.mark.parametrize("page", PAGES)
def test_code_on_a_page_is_of_a_kind_that_is_tried_out(page: str) -> None:
    # "text" is for what is neither run nor read: trees and file formats.
    tried = {"console", "yaml", "jinja", "css", "text", "ini"}
    assert pages.languages(page) <= tried


def _yaml_samples() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        for block in pages.blocks(page, "yaml"):
            yield page, block


@pytest.mark.parametrize(("page", "sample"), list(_yaml_samples()))
def test_check_takes_every_piece_of_configuration_on_a_page(
    page: str, sample: str, tmp_path: Path
) -> None:
    named = re.match(r"# config/(\w+\.yaml)\n", sample)
    assert named, f"{page}: a piece of YAML begins with the name of its file"
    assert named[1] in FILES
    _checkout(tmp_path)
    file = tmp_path / "config" / named[1]
    yaml = YAML(typ="safe", pure=True)
    whole = yaml.load(file.read_text(encoding="utf-8"))
    _lay_over(whole, yaml.load(sample))
    with file.open("w", encoding="utf-8") as stream:
        yaml.dump(whole, stream)
    (tmp_path / "config/partners.csv").write_text("address,name,topics,language,paused\n")
    (tmp_path / "config/holidays.ics").write_text("BEGIN:VCALENDAR\nEND:VCALENDAR\n")
    [(printed, code)] = _session((Command(page, "tidings check", ()),), tmp_path)
    assert code == 0, printed


def _lay_over(whole: dict[str, object], piece: dict[str, object]) -> None:
    for key, value in piece.items():
        below = whole.get(key)
        if isinstance(below, dict) and isinstance(value, dict):
            _lay_over(below, value)
        else:
            whole[key] = value


# --- Nothing is left out -------------------------------------------------------------------------


def _told(verb: str) -> str:
    """What the reference says of a verb."""
    text = pages.read(COMMAND_LINE)
    found = re.search(rf"^## (`tidings {verb}[` ].*)$", text, re.MULTILINE)
    assert found, f"{COMMAND_LINE} has no section on {verb}"
    return pages.section(COMMAND_LINE, found[1])


def _options(command: object) -> set[str]:
    parameters = getattr(command, "params")  # noqa: B009
    return {
        option
        for parameter in parameters
        if parameter.param_type_name == "option"
        for option in (*parameter.opts, *parameter.secondary_opts)
    }


def test_every_verb_has_a_section_and_no_section_is_of_a_verb_that_is_not() -> None:
    text = pages.read(COMMAND_LINE)
    headings = re.findall(r"^## `tidings ([a-z ]+?)(?: [A-Z[].*)?`$", text, re.MULTILINE)
    assert sorted(headings) == sorted(commands())


def test_the_table_of_all_commands_names_every_verb_with_those_below_it() -> None:
    told = pages.section(COMMAND_LINE, "All commands")
    rows = dict(re.findall(r"^\| \[`tidings (\w+)(.*)$", told, re.MULTILINE))
    assert {*rows} == {*VERBS}
    for verb, _, below in (name.partition(" ") for name in commands()):
        assert f"`{below}`" in rows[verb] or not below, f"{verb} {below}"


@pytest.mark.parametrize("verb", sorted(commands()))
def test_every_option_of_a_verb_is_explained_in_its_section(verb: str) -> None:
    told = _told(verb)
    shared = {"-h", "--help"}
    assert {
        option for option in _options(commands()[verb]) - shared if f"`{option}" not in told
    } == (set())


def test_every_option_of_the_command_itself_is_explained() -> None:
    told = pages.section(COMMAND_LINE, "Options of all verbs")
    assert {option for option in _options(typer.main.get_command(app)) if option not in told} == (
        set()
    )


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance that has run once, for looking at."""
    folder = tmp_path_factory.mktemp("instance")
    _checkout(folder)
    _session((Command(COMMAND_LINE, "tidings run", ()),), folder)
    return folder


@pytest.mark.parametrize(
    "command",
    [
        "plan --json",
        "explain --json --text Training",
        "run --send now --json",
        "check --json",
        "status --json",
        "doctor --json",
        "parse --json seeds/000*.txt",
    ],
)
def test_every_key_of_a_json_answer_is_explained(command: str, instance: Path) -> None:
    [(printed, _)] = _session((Command(COMMAND_LINE, f"tidings {command}", ()),), instance)
    answer = json.loads(printed)
    told = _told(command.split()[0]) + pages.section(COMMAND_LINE, "JSON")
    keys = set(answer if isinstance(answer, dict) else answer[0])
    assert {key for key in keys if f"`{key}`" not in told} == set()


def _settings(file: str) -> set[str]:
    """The names of a file's settings, such as "digests.cadence.every"."""
    return {".".join(path) for path in _leaves(SHAPES[file])}


def _leaves(kind: object) -> Iterator[tuple[str, ...]]:
    """The paths of all single settings; names that people choose, and indices, are left out."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        for name, field in kind.model_fields.items():
            inner = list(_leaves(field.annotation))
            yield from ((field.alias or name, *path) for path in inner or [()])
        return
    for argument in get_args(kind):
        yield from _leaves(argument)


@pytest.mark.parametrize("file", FILES)
def test_the_reference_names_every_setting_of_a_file_and_no_other(file: str) -> None:
    told = pages.first_cells(pages.section(CONFIGURATION, f"`config/{file}`"))
    named = {re.sub(r"\[\]|\.<[^>]*>", "", name) for name in told}
    assert named == _settings(file)


@pytest.mark.parametrize("file", FILES)
def test_the_sample_names_every_setting_of_a_file(file: str) -> None:
    sample = (ROOT / "config" / file).read_text(encoding="utf-8")
    keys = {name.rpartition(".")[2] for name in _settings(file)}
    assert {key for key in keys if not re.search(rf"\b{key}\b", sample)} == set()


def test_every_kind_of_cadence_is_explained_with_its_slot_and_its_period() -> None:
    told = pages.first_cells(pages.section("docs/explanation/scheduling.md", "Periods and slots"))
    cadences = [CadenceModel.model_validate(YAML(typ="safe").load(each)) for each in told]
    assert {each.to_cadence().kind for each in cadences} == set(get_args(CadenceKind))
    sample = (ROOT / "config/digests.yaml").read_text(encoding="utf-8")
    shown = re.findall(r"cadence: (\{[^}]*\})", sample)
    made = [CadenceModel.model_validate(YAML(typ="safe").load(each)) for each in shown]
    assert {each.every for each in made} == set(get_args(Every))


def test_every_layout_of_a_listing_is_explained() -> None:
    told = pages.first_cells(pages.section("docs/how-to/paste-a-listing.md", "What is understood"))
    assert sorted(told) == sorted(LAYOUTS)


def test_every_exit_code_is_explained() -> None:
    codes = pages.first_cells(pages.section(EXIT_CODES, "The codes"))
    assert codes == [str(int(code)) for code in Exit]


def test_every_kind_of_error_is_explained() -> None:
    def kinds(error: type[Exception]) -> Iterator[str]:
        yield error.__name__
        for kind in error.__subclasses__():
            yield from kinds(kind)

    told = pages.first_cells(pages.section(EXIT_CODES, "The errors"))
    assert sorted(told) == sorted({*kinds(errors.TidingsError)} - {"TidingsError"})


def _packaged() -> list[Path]:
    return sorted((ROOT / "src/tidings/templates").rglob("*.j2"))


@pytest.mark.parametrize("template", _packaged(), ids=lambda path: path.name)
def test_every_template_and_every_block_of_it_is_explained(template: Path) -> None:
    name = template.relative_to(ROOT / "src/tidings/templates").as_posix()
    blocks = set(re.findall(r"{%-?\s*block (\w+)", template.read_text(encoding="utf-8")))
    told = pages.section(TEMPLATES, f"`{name}`")
    assert {block for block in blocks if f"`{block}`" not in told} == set()


@pytest.mark.parametrize(
    ("kind", "heading"),
    [
        (IndexPage, "What pages know"),
        (TopicPage, "What pages know"),
        (ItemPage, "What pages know"),
        (YearPage, "What pages know"),
        (CorrectionsPage, "What pages know"),
        (MovedPage, "What pages know"),
        (DigestPage, "What pages know"),
        (IssuePage, "What pages know"),
        (ItemView, "What pages know"),
        (DigestMail, "What mails know"),
        (PrintedItem, "What mails know"),
    ],
)
def test_every_value_that_a_template_knows_is_explained(kind: type[object], heading: str) -> None:
    told = pages.section(TEMPLATES, heading)
    names = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    assert {name for name in names if f"`{name}`" not in told and f".{name}`" not in told} == set()


def test_every_state_of_a_delivery_is_explained() -> None:
    from tidings.model import DeliveryState

    states: list[Enum] = list(DeliveryState)
    told = pages.first_cells(pages.read("docs/explanation/delivery.md"))
    assert {str(state) for state in states} <= set(told)


# --- Everything leads somewhere ------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES)
def test_every_relative_link_leads_somewhere(page: str) -> None:
    astray = []
    for target in pages.links(page):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        place = (ROOT / page).parent / file if file else ROOT / page
        sound = place.exists()
        if sound and anchor and place.suffix == ".md":
            name = place.resolve().relative_to(ROOT.resolve()).as_posix()
            sound = anchor in pages.anchors(name)
        if not sound:
            astray.append(target)
    assert astray == []


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached: set[str] = set()
    waiting = ["README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached:
            continue
        reached.add(page)
        for target in pages.links(page):
            place = ((ROOT / page).parent / target.partition("#")[0]).resolve()
            if place.suffix == ".md" and place.is_relative_to(ROOT.resolve()):
                waiting.append(place.relative_to(ROOT.resolve()).as_posix())
    assert set(PAGES) - reached == set()


@pytest.mark.parametrize("page", PAGES)
def test_no_page_names_a_place_on_somebody_s_machine_or_an_index(page: str) -> None:
    private = re.compile(
        r"(?<![\w.])/(?:work|tmp|root|home|Users|builds?)/|\bpypi\b|pythonhosted|artifactory|devpi"
        r"|--index-url|\bnexus\b",
        re.IGNORECASE,
    )
    assert private.findall(pages.read(page)) == []


# --- What is named exists ------------------------------------------------------------------------

# Packages of the source go without their folder; `state/` and `tests/` are also folders elsewhere.
_PACKAGES = "core|application|adapters|entrypoints|model"
_NAMED = re.compile(
    rf"(?<![\w/.-])(?:src/tidings|{_PACKAGES}|benchmarks|tools|tests)/[\w/.,{{}}-]*[\w/}}]"
    r"|(?<![\w/.-])state/\w+\.py"
)


def named_places(text: str) -> Iterator[str]:
    """Paths of the checkout that a page names, those with {a,b} one by one."""
    for quoted in re.findall(r"`([^`\n]+)`", text):
        for found in _NAMED.findall(quoted):
            before, brace, rest = found.partition("{")
            inner, _, after = rest.partition("}")
            yield from (before + each + after for each in inner.split(",")) if brace else [found]


def stands(place: str) -> bool:
    """Whether a file, a folder or a module of that name is there, in the package or beside it."""
    roots = (ROOT, ROOT / "src" / "tidings")
    return any((root / ending).exists() for root in roots for ending in (place, f"{place}.py"))


# The changelog tells of what was.
@pytest.mark.parametrize("page", [page for page in PAGES if page != "CHANGELOG.md"])
def test_every_module_that_a_page_names_exists(page: str) -> None:
    media_types = {"application/atom", "application/rss", "application/xml", "application/feed"}
    named = set(named_places(pages.read(page))) - media_types
    assert {place for place in named if not stands(place)} == set()


def test_a_module_that_is_not_there_would_be_noticed() -> None:
    told = "`core/nothing.py`, `application/nothing`, `core/listings/{rows,nothing}.py`"
    astray = [place for place in named_places(told) if not stands(place)]
    assert astray == ["core/nothing.py", "application/nothing", "core/listings/nothing.py"]


def test_the_page_of_benchmarks_names_each_and_no_other() -> None:
    there = {path.stem for path in (ROOT / "benchmarks").glob("*.py")} - {"__init__", "instance"}
    assert set(pages.first_cells(pages.read("docs/reference/benchmarks.md"))) == there


@pytest.mark.parametrize("picture", ["index-1280.png", "listing-to-mail.png", "preview-1440.png"])
def test_a_picture_is_small_enough_for_everybody(picture: str) -> None:
    data = (ROOT / "docs/images" / picture).read_bytes()
    width, height = struct.unpack(">II", data[16:24])
    assert len(data) < 250_000
    assert max(width, height) < 2_500


def test_every_metric_is_explained_and_no_other() -> None:
    source = (ROOT / "src/tidings/adapters/monitoring.py").read_text(encoding="utf-8")
    made = {f"tidings_{name}" for name in re.findall(r'gauge\("(\w+)"', source)}
    made |= set(re.findall(r'"(tidings_\w+)"', source))
    assert set(pages.first_cells(pages.section("docs/reference/metrics.md", "Metrics"))) == made
