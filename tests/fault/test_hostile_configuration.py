"""Whatever stands in a configuration file, it ends soon, in problems with their places."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tidings.adapters.config import load
from tidings.core.settings import FILES
from tidings.entrypoints.examination import examine
from tidings.errors import ConfigError
from tidings.model import Problem

ROOT = Path(__file__).parents[2]
ROWS = "partners.csv"
EVERY = (*FILES, ROWS)

# Seconds. No measure of speed: what these files are meant to do takes minutes, or all memory.
SOON = 60.0

BOMB = "a: &a [x, x]\n" + "".join(
    f"{chr(98 + step)}: &{chr(98 + step)} [*{chr(97 + step)}, *{chr(97 + step)}]\n"
    for step in range(20)
)


@pytest.fixture
def instance(tmp_path: Path) -> Path:
    """The sample, with one more list that is kept as a table."""
    for name in ("config", "seeds"):
        shutil.copytree(ROOT / name, tmp_path / name)
    people = tmp_path / "config/recipients.yaml"
    text = people.read_text(encoding="utf-8")
    people.write_text(f"{text}  partners: {{from: {ROWS}}}\n", encoding="utf-8")
    (tmp_path / "config" / ROWS).write_text("address\nx@example.org\n", encoding="utf-8")
    return tmp_path


def problems(instance: Path) -> tuple[Problem, ...]:
    """What everybody is told, within the time that there is."""
    began = time.process_time()
    with pytest.raises(ConfigError) as caught:
        load(instance, {})
    assert time.process_time() - began < SOON
    assert all(problem.severity == "problem" for problem in caught.value.problems)
    return caught.value.problems


def test_the_sample_with_a_table_is_sound(instance: Path) -> None:
    assert load(instance, {}).lists["partners"]


@pytest.mark.parametrize("file", EVERY)
@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"\x00", 1),
        (b"# fine\nbroken: \xff\xfe\n", 2),
        (b"# fine\n\n\x1b[31mred\n", 3),
        (b"# fine\r\n\r\nx: \x7f\r\n", 3),
        (b"\xef\xbb\xbf# fine\rx: \x00\r", 2),
    ],
    ids=["nul", "not-utf-8", "escape", "crlf", "bom-cr"],
)
def test_bytes_that_no_text_has_are_a_problem_of_their_line(
    instance: Path, file: str, content: bytes, line: int
) -> None:
    (instance / "config" / file).write_bytes(content)
    found = [each for each in problems(instance) if each.path == f"config/{file}"]
    assert (found[0].line, found[0].column > 0) == (line, True)


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize(
    ("content", "line"),
    [
        (BOMB, 1),
        ("a: 1\nb: 2\na: 3\n", 3),
        ("x:\n" + "[" * 100_000, 2),
        ("".join(" " * step + "x:\n" for step in range(500)), 51),
        ("x: &y 1\nz: *y\n", 1),
        ("x: !!python/object:os.system ls\n", 1),
        ("x: 1\n---\ny: 2\n", 2),
        ('x: "\\U00110000"\n', 1),
        ("? [a]\n: b\n", 1),
        ("%YAML 9.9\n---\nx: 1\n", 1),
        ("x: 1\n\ty: 2\n", 2),
        ("x: {" + "a: {" * 60 + "}" * 61, 1),
        ("- a\n- b\n", 1),
        ("just a text", 1),
    ],
    ids=[
        "bomb", "twice", "brackets", "depth", "anchor", "tag", "documents", "escape", "key",
        "directive", "tab", "flow", "list", "text",
    ],
)  # fmt: skip
def test_yaml_that_means_harm_is_a_problem_of_its_line(
    instance: Path, file: str, content: str, line: int
) -> None:
    (instance / "config" / file).write_text(content, encoding="utf-8")
    lines = [each.line for each in problems(instance) if each.path == f"config/{file}"]
    assert line in lines
    assert all(lines)


def _many_topics() -> str:
    return "topics:\n" + "".join(
        f"  t{number}:\n    title: T\n    any: [x{number}]\n    anny: 1\n"
        for number in range(1_000)
    )


def _many_terms() -> str:
    terms = "".join(f"      - word{number}\n" for number in range(10_000))
    return f"topics:\n  a:\n    title: A\n    any:\n{terms}"


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("topics.yaml", _many_terms()),
        ("topics.yaml", _many_topics()),
        ("digests.yaml", "digests:\n" + "".join(f"  d{n}: {{x: 1}}\n" for n in range(1_000))),
        ("tidings.yaml", "".join(f"setting{n}: {n}\n" for n in range(1_500))),
        ("recipients.yaml", "lists:\n  a:\n" + "".join(f"    - nobody{n}\n" for n in range(1_500))),
        (ROWS, "address\n" + "nobody\n" * 1_500),
        (ROWS, "address,name\n" + '"' * 200_001),
        (ROWS, "," * 1_000_000),
    ],
    ids=["terms", "topics", "digests", "settings", "people", "rows", "quotes", "commas"],
)  # fmt: skip
def test_very_many_mistakes_end_soon(instance: Path, file: str, content: str) -> None:
    (instance / "config" / file).write_text(content, encoding="utf-8")
    found = [each for each in problems(instance) if each.path == f"config/{file}"]
    assert found
    assert all(each.line for each in found)


def _directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _huge(path: Path) -> None:
    path.write_bytes(b"# x\n" * (20 * 2**18))


def _gone(path: Path) -> None:
    path.unlink()


def _loop(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.name)


def _unreadable(path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root reads everything")
    path.chmod(0)


@pytest.mark.parametrize("file", EVERY)
@pytest.mark.parametrize("spoil", [_directory, _pipe, _huge, _gone, _loop, _unreadable])
def test_what_is_no_file_to_read_is_a_problem(
    instance: Path, file: str, spoil: Callable[[Path], None]
) -> None:
    spoil(instance / "config" / file)
    (found,) = [each for each in problems(instance) if file in str(each)]
    assert found.message


@pytest.mark.parametrize("file", EVERY)
def test_check_says_as_much_and_no_traceback(instance: Path, file: str) -> None:
    (instance / "config" / file).write_bytes(b"\x00\xff[[[")
    assert examine(instance, {}).of("problem") == problems(instance)
