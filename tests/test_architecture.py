"""The house rules hold, and would be noticed if they did not."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "tidings"
MODULES = sorted(SOURCE.rglob("*.py"))
LONGEST_MODULE = 600
LONGEST_FUNCTION = 60
SHORT_MODULE = 60
MOST_SHORT_MODULES = 25
MOST_CLASSES_OF_A_NAME = 3
# Words that were names here once, and that nobody would search for. What a thing is stands beside
# it in docs/decisions/0011-fewer-rooms-plain-names.md.
METAPHORS = """
    aside bench board books catching census checkup circumstances crew desk facade face forgetting
    frame furniture hands head lead letter machinery memory memo memos mint minting mark newsroom
    noun nowhere outlook pace patience placed placement postman press pressroom printing quoting
    reception rehearsal rehearsed ring said scribe seal seedbox shape sheet sheets shelf shelves
    span speech spoken stamp standing steering strays survey tide town trial utils verdict views
    volume watchman witness
"""
# What people read says the plain word: each pattern of what was said once, and what to say.
PLAIN_WORDS = {
    r"mend(s|ed|ing)?": "correct; No problems found, 1 problem found",
    r"(instance|backup) stands in": "Created, written to",
    r"owed": "to send, waiting, has nothing new",
    r"nobody in particular": "everything",
    r"the other side": "the server replied",
    r"by themselves": "subscribed",
    r"(?<!all year )rounds?": "run",
    r"ticks?|next look|each look|two looks": "run",
    r"furniture|noise": "ignored, category",
    r"further on": "In this issue",
    r"chosen for": "Matches",
    r"whose word counts": "Which opt-out wins",
    r"dead (senders?|process(es)?|address(es)?|mailbox(es)?)": "crashed; that does not exist",
    r"give it the address": "Add this address to your feed reader",
    r"(get )?no more of (these|them)": "unsubscribe",
    r"take[sn]? (it |them |this )?back|withdrawn?|withdraws": "retracted; resumed",
    r"(?<!in this )issues?": "edition; In this issue",
    r"tide|shelf|shelves|seals?": "chart, section, sections, signature",
    r"wish(es)?": "requests",
    r"cut off|parked": "marked as bounced; given up",
    r"anew": "again",
    r"foretells?|look after": "predict, maintain",
    r"leads? nowhere|keeps? to its last": "does not work; uses its last",
}


def lint_imports(root: Path) -> subprocess.CompletedProcess[str]:
    command = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [str(command), "--no-cache"],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root / "src")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the source tree to plant violations in."""
    folder = tmp_path_factory.mktemp("house")
    shutil.copy(ROOT / "pyproject.toml", folder)
    shutil.copytree(SOURCE, folder / "src" / "tidings", symlinks=True)
    return folder


def test_the_import_contracts_hold(copy: Path) -> None:
    checked = lint_imports(copy)
    assert checked.returncode == 0, checked.stdout
    assert "0 broken" in checked.stdout


@pytest.mark.parametrize(
    ("module", "planted", "contract"),
    [
        ("core/feeds/model.py", "import tidings.application.cycle", "Imports point one way"),
        ("application/status.py", "import tidings.adapters.clock", "Imports point one way"),
        ("model.py", "import tidings.core.identity", "Imports point one way"),
        ("utils.py", "x = 1", "Imports point one way"),
        ("core/helpers.py", "x = 1", "Core: what is shown"),
        ("core/identity.py", "import tidings.core.match", "Core: what is shown"),
        (
            "application/record.py",
            "import tidings.application.cycle",
            "Application: use cases",
        ),
        ("entrypoints/wiring.py", "import tidings.entrypoints.cli", "Entrypoints: the doors"),
        ("adapters/eml.py", "import tidings.adapters.outlet", "Adapters are strangers"),
        ("core/schedule.py", "import os", "Core touches nothing"),
        ("model.py", "import time", "Core touches nothing"),
        ("application/publish/plan.py", "import sqlalchemy", "Application touches nothing"),
        ("state/items.py", "import tidings.application.ports", "Imports point one way"),
        ("state/items.py", "import tidings.adapters.clock", "Imports point one way"),
        ("core/feeds/model.py", "import tidings.state.items", "Imports point one way"),
        ("core/pages/site.py", "import feedgen.feed", "one door: feedgen"),
        ("adapters/outlet/folder.py", "import jinja2", "one door: jinja2"),
        ("entrypoints/wiring.py", "import apscheduler", "one door: apscheduler"),
        ("entrypoints/wiring.py", "import sqlalchemy", "one door: sqlalchemy"),
        ("entrypoints/wiring.py", "import ruamel.yaml", "one door: ruamel"),
        ("core/schedule.py", "import dateutil.parser", "one door: dateutil"),
        ("adapters/eml.py", "import smtplib", "one door: smtplib"),
        ("entrypoints/wiring.py", "import starlette.requests", "one door: starlette"),
        ("core/pages/site.py", "import css_inline", "one door: css_inline"),
        ("entrypoints/wiring.py", "import itsdangerous", "one door: itsdangerous"),
        ("entrypoints/web/app.py", "import prometheus_client", "one door: prometheus"),
        ("core/pages/items.py", "import PIL.Image", "one door: Pillow"),
    ],
)
def test_a_planted_violation_is_caught(
    copy: Path, module: str, planted: str, contract: str
) -> None:
    place = copy / "src" / "tidings" / module
    before = place.read_text(encoding="utf-8") if place.exists() else None
    place.write_text(f"{before or ''}\n{planted}\n", encoding="utf-8")
    try:
        checked = lint_imports(copy)
    finally:
        if before is None:
            place.unlink()
        else:
            place.write_text(before, encoding="utf-8")
    assert checked.returncode != 0
    assert re.search(rf"{re.escape(contract)}.* BROKEN", checked.stdout), checked.stdout


@pytest.mark.parametrize(
    "planted",
    [
        "from datetime import datetime\n\nSTAMP = datetime.now()\n",
        "from datetime import date\n\nDAY = date.today()\n",
        "import time\n\nSTAMP = time.time()\n",
        'print("hello")\n',
    ],
)
def test_a_clock_or_a_print_outside_its_place_is_caught(tmp_path: Path, planted: str) -> None:
    place = tmp_path / "src" / "tidings" / "core" / "planted.py"
    place.parent.mkdir(parents=True)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    place.write_text(f'"""Planted."""\n\n{planted}', encoding="utf-8")
    ruff = [str(Path(sys.executable).with_name("ruff")), "check", "--no-cache", "--select"]
    command = [*ruff, "TID251,T20", str(place)]
    checked = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert checked.returncode == 1, checked.stdout


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_module_is_an_attic(module: Path) -> None:
    assert len(module.read_text(encoding="utf-8").splitlines()) <= LONGEST_MODULE


def is_short(module: Path) -> bool:
    """Whether it has few lines, and more to it than an `__init__` that names what others define."""
    text = module.read_text(encoding="utf-8")
    hands_on = (ast.Import, ast.ImportFrom, ast.Expr, ast.Assign)
    only_hands_on = all(isinstance(node, hands_on) for node in ast.parse(text).body)
    return len(text.splitlines()) < SHORT_MODULE and not (
        module.name == "__init__.py" and only_hands_on
    )


SHORT_MODULES = [module for module in MODULES if is_short(module)]


def test_few_modules_are_short() -> None:
    assert len(SHORT_MODULES) <= MOST_SHORT_MODULES


@pytest.mark.parametrize("module", SHORT_MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_short_module_says_why_it_stands_alone(module: Path) -> None:
    told = ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) or ""
    assert re.search(r"\bstands alone\b", " ".join(told.split())), (
        f"{module}: say why in a sentence"
    )


def classes() -> Iterator[tuple[str, str]]:
    for module in MODULES:
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                yield node.name, str(module.relative_to(SOURCE))


def test_a_name_is_the_name_of_few_classes() -> None:
    places: dict[str, list[str]] = {}
    for name, place in classes():
        places.setdefault(name, []).append(place)
    assert {
        name: found for name, found in places.items() if len(found) > MOST_CLASSES_OF_A_NAME
    } == {}


def words_of(name: str) -> set[str]:
    """The words of a name: `MonthChart` has month and chart, `dry_run` dry and run."""
    return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+", name)}


def test_files_and_classes_are_called_what_they_are() -> None:
    files = {(module.stem, str(module.relative_to(SOURCE))) for module in MODULES}
    folders = {(module.parent.name, str(module.relative_to(SOURCE))) for module in MODULES}
    named = [*files, *folders, *classes()]
    once = set(METAPHORS.split())
    assert [pair for pair in named if words_of(pair[0]) & once] == []


def test_the_words_of_a_name_are_found_however_it_is_written() -> None:
    assert words_of("HTTPShelf2Volume") == {"http", "shelf2", "volume"}
    assert words_of("_press_room") == {"press", "room"}


def messages(module: Path) -> Iterator[str]:
    """The texts in a module that people may read: no patterns, no docstrings but those of verbs."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    verbs = module.parent.name == "cli"
    documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    unseen: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, documented) and not (verbs and getattr(node, "decorator_list", None)):
            unseen |= {id(each.value) for each in node.body if isinstance(each, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            unseen |= {id(part) for part in node.values}
            parts = (part.value if isinstance(part, ast.Constant) else "0" for part in node.values)
            yield "".join(map(str, parts))
        elif isinstance(node, ast.Constant) and id(node) not in unseen:
            text = node.value if isinstance(node.value, str) else ""
            if " " in text and "\\b" not in text:
                yield "" if text in KEPT_NAMES else text


def texts() -> Iterator[tuple[str, str]]:
    """All that people read, but for what was decided or changed in the past, with its place."""
    for module in MODULES:
        for message in messages(module):
            yield str(module.relative_to(ROOT)), message
    for template in SOURCE.rglob("*.j2"):
        text = template.read_text(encoding="utf-8")
        said = re.findall(r'_\("([^"]*)"\)', text)
        seen = re.sub(r"(?s)\{#.*?#\}|\{% block kind %\}\w+", " ", text)
        seen = re.sub(r"(?s)\{[%{].*?[%}]\}|<style>.*?</style>|<[^>]*>", " ", seen)
        if not template.name.endswith(".css.j2"):
            said.append(seen)
        yield from ((str(template.relative_to(ROOT)), each) for each in said)
    yield "tidings.pot", (SOURCE / "locale" / "tidings.pot").read_text(encoding="utf-8")
    for name in ("config/*.yaml", "config/.schema/*.json", "docs/**/*.md", "deploy/**/*"):
        for page in sorted(ROOT.glob(name)):
            if page.is_file():
                text = page.read_text(encoding="utf-8")
                yield str(page.relative_to(ROOT)), re.sub(r"(?s)## Old names.*?\n## ", "", text)


# Names that programs know: the value of `check` in the JSON of `doctor`.
KEPT_NAMES = {"last round"}


def found_words(text: str) -> list[tuple[str, str]]:
    """What of a text is not plain, each with what to say; code and addresses are left out."""
    words = re.sub(r"```json.*?```|`[^`\n]*`|\]\([^)]*\)|\S+[/_]\S+|#: .*", " ", text, flags=re.S)
    return [
        (found[0], say)
        for pattern, say in PLAIN_WORDS.items()
        for found in re.finditer(rf"\b(?:{pattern})\b", " ".join(words.split()), re.I)
    ]


def test_what_people_read_says_the_plain_word() -> None:
    assert [(place, word) for place, text in texts() for word in found_words(text)] == []


def test_a_word_that_is_not_plain_is_found_wherever_it_stands() -> None:
    assert found_words("Nothing to\nmend.") == [("mend", PLAIN_WORDS[r"mend(s|ed|ing)?"])]
    assert found_words("In this issue: `taken_back`, see [it](x/issue.md)") == []
    assert [word for word, _ in found_words("The Issue was taken back")] == ["taken back", "Issue"]
    assert len(list(messages(SOURCE / "entrypoints" / "cli" / "run.py"))) > 20


def functions() -> Iterator[tuple[str, int]]:
    for module in MODULES:
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                yield f"{module.relative_to(SOURCE)}:{node.lineno} {node.name}", length


def test_no_function_makes_a_reader_scroll() -> None:
    assert [(name, length) for name, length in functions() if length > LONGEST_FUNCTION] == []
