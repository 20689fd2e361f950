"""The configuration: YAML, CSV and the environment, each problem with its place."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tidings.adapters.config import config_files, load
from tidings.adapters.config.environment import SECRETS
from tidings.adapters.config.yaml import compose
from tidings.core.settings import Plain, Settings, variables
from tidings.errors import ConfigError
from tidings.model import Problem

SAMPLE = Path(__file__).parents[3] / "config"

TIDINGS = """\
site:
  id: news.example.org,2026
  title: News
  url: http://localhost:8000/
  time_zone: America/Costa_Rica
  author: {name: Desk, email: desk@example.org}
"""
TOPICS = """\
topics:
  mexico:
    title: Mexico
    any: [mexico]
"""
DIGESTS = """\
digests:
  weekly:
    title: Weekly
    topics: [mexico]
    cadence: {every: week, on: monday, at: 08:00}
    lists: [staff]
"""
RECIPIENTS = """\
lists:
  staff:
    - ana@example.org
"""


@pytest.fixture
def instance(tmp_path: Path) -> Path:
    (tmp_path / "config").mkdir()
    for name, text in (
        ("tidings", TIDINGS),
        ("topics", TOPICS),
        ("digests", DIGESTS),
        ("recipients", RECIPIENTS),
    ):
        write(tmp_path, f"{name}.yaml", text)
    return tmp_path


def write(instance: Path, name: str, text: str | bytes) -> None:
    path = instance / "config" / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())


def problems(instance: Path, **environ: str) -> tuple[Problem, ...]:
    with pytest.raises(ConfigError) as caught:
        load(instance, environ)
    return caught.value.problems


def terms(instance: Path, lines: str) -> tuple[str, ...]:
    """The sources of a topic's terms, written one a line."""
    write(instance, "topics.yaml", TOPICS.replace("[mexico]", "\n" + lines))
    return tuple(term.source for term in load(instance, {}).topics[0].rule.any)


def term_problems(instance: Path, lines: str) -> tuple[Problem, ...]:
    """The problems of such terms; the first stands on line 5."""
    write(instance, "topics.yaml", TOPICS.replace("[mexico]", "\n" + lines))
    return problems(instance)


def test_four_files_make_settings(instance: Path) -> None:
    settings = load(instance, {})
    assert settings.site.title == "News"
    assert settings.digests[0].cadence.at == (8, 0)
    assert [recipient.address for recipient in settings.lists["staff"]] == ["ana@example.org"]


def test_loading_touches_nothing(instance: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in instance.rglob("*")}
    load(instance, {})
    assert {path: path.stat().st_mtime_ns for path in instance.rglob("*")} == before


def test_all_problems_of_all_files_come_in_the_order_of_reading(instance: Path) -> None:
    write(instance, "tidings.yaml", TIDINGS.replace("Costa_Rica", "Costarica") + "statee: x\n")
    write(instance, "topics.yaml", TOPICS + "    nonee: [x]\n")
    write(instance, "digests.yaml", DIGESTS.replace("staff", "stuff"))
    write(instance, "recipients.yaml", RECIPIENTS + "    - ana@\n")
    assert [str(problem) for problem in problems(instance)] == [
        (
            'config/tidings.yaml:5:14: time_zone: there is no time zone "America/Costarica" '
            '(did you mean "America/Costa_Rica"?)'
        ),
        (
            'config/tidings.yaml:7:1: unknown setting "statee" (did you mean "state"? There are'
            " state, site, queue, feeds, witness, sources, publish, mail, worker, privacy, limits)"
        ),
        (
            'config/topics.yaml:5:5: unknown setting "nonee" (did you mean "none"? There are none,'
            " note, source, before, title, about, any, all, after, pin, ban, tests, was)"
        ),
        'config/digests.yaml:6:13: lists: there is no list "stuff" (did you mean "staff"?)',
        (
            'config/recipients.yaml:4:7: address: "ana@" is not a mail address '
            "(write: name@example.org)"
        ),
    ]


def test_a_problem_shows_the_text_that_it_is_about(instance: Path) -> None:
    write(instance, "topics.yaml", TOPICS + "    nonee: [x]\n")
    (problem,) = problems(instance)
    assert problem.excerpt == "nonee"
    line = (instance / problem.path).read_text().splitlines()[problem.line - 1]
    assert line[problem.column - 1 :].startswith(problem.excerpt)


def test_a_broken_file_does_not_hide_what_is_wrong_in_the_others(instance: Path) -> None:
    write(instance, "topics.yaml", "topics: [\n")
    write(instance, "digests.yaml", DIGESTS.replace("monday", "moonday"))
    assert [problem.path for problem in problems(instance)] == [
        "config/topics.yaml",
        "config/digests.yaml",
    ]


def test_a_missing_file_is_a_problem_that_names_init(instance: Path) -> None:
    for name in ("tidings", "topics", "digests", "recipients"):
        (instance / "config" / f"{name}.yaml").unlink()
    found = problems(instance)
    assert len(found) == 4
    assert all("tidings init" in problem.hint for problem in found)


def test_a_folder_that_is_no_instance_is_one_problem(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path)
    assert problem.path == "config"
    assert "tidings init" in problem.hint


# --- YAML --------------------------------------------------------------------------------------


def test_terms_are_the_text_that_was_written(instance: Path) -> None:
    lines = "\n".join(f"      - {term}" for term in ("no", "2020", "1.10", "010", "null", "'on'"))
    assert terms(instance, lines) == ("no", "2020", "1.10", "010", "null", "on")


def test_null_after_a_key_is_no_value_unless_quoted() -> None:
    plain: Plain = {"a": None, "b": None, "c": None, "d": "null", "e": ["~", None]}
    text = "a:\nb: ~\nc: null\nd: 'null'\ne: ['~', ]\n".replace(", ]", "]")
    document = compose(text.replace("['~']", "\n- ~\n-\n"), "x")
    assert document.problems == []
    assert document.plain == plain


def test_a_comment_after_a_term_is_a_comment_only_with_a_space_after_its_sign(
    instance: Path,
) -> None:
    assert terms(instance, "      - hub # the hub\n      - rcm ## forum\n") == ("hub", "rcm")
    found = term_problems(instance, "      - budget #1\n      - #MeToo\n")
    assert [(problem.line, problem.hint.split(";")[0]) for problem in found] == [
        (5, 'quote it: "budget #1"'),
        (6, 'quote it: "#MeToo"'),
    ]
    assert terms(instance, '      - "budget #1"\n') == ("budget #1",)


def test_a_term_that_became_a_mapping_is_explained(instance: Path) -> None:
    (problem,) = term_problems(instance, "      - title: hub\n")
    assert (problem.line, problem.column) == (5, 9)
    assert "write title:hub without the space" in problem.hint
    assert problem.excerpt == "title: hub"


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("any: [a, b\ntitle: x\n", 1, 6, "the list that [ opens here is not closed"),
        ("a: b\nany: {a: b\nc: d\n", 2, 6, "the mapping that { opens here is not closed"),
        ("a: 'b\nc: d\n", 1, 4, "the quoted text that begins here goes wrong"),
        ("a: 'it's'\n", 1, 8, "something follows a quoted text"),
        ("title: a: b\n", 1, 9, 'a second ": " on one line'),
        ("a:\n\t- b\n", 2, 1, "a tab"),
        ("a: @b\n", 1, 4, "a text cannot begin like this"),
        ("- *\n", 1, 3, "a text cannot begin with *"),
        ("a: b\nc\n", 2, 1, 'a line without ": " among settings'),
        (
            "a:\n  - b\n c: d\n",
            3,
            2,
            "does not fit the lines above: no line there is indented by 1 space",
        ),
        ("a: b\n---\nc: d\n", 2, 1, "a second document begins here"),
        ("a: 1\nb: 2\na: 3\n", 3, 1, '"a" is here twice'),
        ("a: &x b\n", 1, 4, "anchors (&name) are not allowed"),
        ("a: b\nc: *b\n", 2, 4, "aliases (*name) are not allowed"),
        ("a: !!python/object:os.system b\n", 1, 4, "tags (!name) are not allowed"),
        ("a: ! b\n", 1, 4, "tags (!name) are not allowed"),
        ("{{ a }}: b\n", 1, 1, "a key must be a word"),
        ("? [a]\n: b\n", 1, 3, "a key must be a word"),
        (": b\n", 1, 1, "a key must be a word"),
        ('a: "\\ud800"\n', 1, 4, "holds the control character U+D800"),
    ],
)
def test_what_yaml_cannot_or_may_not_say_has_its_place(
    text: str, line: int, column: int, message: str
) -> None:
    problem = compose(text, "x").problems[0]
    assert (problem.line, problem.column, problem.message) == (line, column, message)


def test_a_key_without_a_value_has_the_place_of_the_key() -> None:
    assert compose("a:\n\nb: c\n", "x").place(("a",)).line == 1


def test_a_repeated_key_keeps_its_first_value_and_is_found_once() -> None:
    document = compose("a: {b: 1}\na: {b: 1, b: 2}\nc: 3\n", "x")
    assert document.plain == {"a": {"b": "1"}, "c": "3"}
    assert [problem.hint for problem in document.problems] == ["the first is on line 1"]


def test_an_escape_that_the_parser_trips_over_is_a_problem() -> None:
    assert compose('a: "\\U00110000"\n', "x").unreadable


@pytest.mark.parametrize("text", ["a: " + "[" * 3000, "[\n" * 3000, "- " * 3000, "{a: " * 3000])
def test_nesting_without_end_is_a_problem_and_no_recursion(text: str) -> None:
    (problem,) = compose(text, "x").problems
    assert problem.message == "is nested more than 50 levels deep"
    assert len(problem.excerpt) <= 120


def test_fifty_levels_are_allowed_and_fifty_one_are_not() -> None:
    assert compose("[" * 50 + "]" * 50, "x").problems == []
    assert compose("[" * 51 + "]" * 51, "x").unreadable


def test_a_bomb_of_aliases_is_never_lit() -> None:
    lines = ["a0: &a0 [x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    document = compose("\n".join(lines), "x")
    assert len(document.problems) == 10 + 9 * 9
    assert len(str(document.plain)) < 2000


def test_five_thousand_terms_are_fine(instance: Path) -> None:
    lines = "\n".join(f"      - word{index}" for index in range(5_000))
    assert len(terms(instance, lines)) == 5_000


HEAD = "topics:\n  a:\n    title: A\n    any:\n"


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (HEAD + "      - word\n" * 10_000, 5, "any: has 10,000 entries, at most 5,000"),
        (HEAD + "      - word\n" * 60_000, 19_996, "is beyond the 20,000 keys and values"),
        (HEAD + "    - x\n    source:\n" + "    - x\n" * 5_001, 7, "source: has 5,001 entries"),
        (HEAD + "    - x\n    pin:\n" + "    - x\n" * 5_001, 7, "pin: has 5,001 entries"),
        ("aliases:\n" + "- [a, b]\n" * 1_001, 2, "aliases: has 1,001 entries, at most 1,000"),
        ("topics:\n" + "  a: {title: A, any: [x]}\n" * 9_000, 3, '"a" is here twice'),
        ("topics: " + "[" * 9_000, 1, "is nested more than 50 levels"),
        ("topics: " + "{a: " * 9_000, 1, "is nested more than 50 levels"),
        ("a: &a [x, x]\ntopics:\n  b: [*a, *a]\n", 1, "anchors (&name) are not allowed"),
        (HEAD + "      - a\0b\n", 5, "the control character U+0000"),
        (HEAD + '      - "a\\0b"\n', 5, "the control character U+0000"),
        (HEAD + "      - " + "x" * 500_000 + "\n", 5, "has 500000 characters; a term has at most"),
        (HEAD + "      - x ~" + "9" * 100 + " y\n", 5, "words are too far"),
        (
            "aliases:\n- ["
            + ", ".join(f"w{n}" for n in range(3_000))
            + "]\n"
            + HEAD
            + "    - w1\n",
            7,
            "more than 200 spellings",
        ),
    ],
)
def test_a_hostile_rule_is_a_problem_with_a_line(
    instance: Path, text: str, line: int, message: str
) -> None:
    write(instance, "topics.yaml", text)
    found = [each for each in problems(instance) if message in each.message]
    assert [each.line for each in found[:1]] == [line]


def test_a_long_chain_of_aliases_is_one_group(instance: Path) -> None:
    lists = "".join(f"- [w{n}, w{n + 1}]\n" for n in range(150))
    write(instance, "topics.yaml", "aliases:\n" + lists + HEAD + "      - w0\n")
    assert [each for each in problems(instance) if "spellings" in each.message] == []


def test_lines_are_counted_whatever_ends_them(instance: Path) -> None:
    for newline in ("\n", "\r\n", "\r"):
        write(instance, "topics.yaml", (TOPICS + "    nonee: [x]\n").replace("\n", newline))
        (problem,) = problems(instance)
        assert (problem.line, problem.column) == (5, 5)


def test_a_byte_order_mark_is_not_part_of_the_text(instance: Path) -> None:
    write(instance, "topics.yaml", b"\xef\xbb\xbf" + (TOPICS + "    nonee: [x]\n").encode())
    (problem,) = problems(instance)
    assert (problem.line, problem.column) == (5, 5)


# --- Files that are not what they should be ----------------------------------------------------


def test_a_file_that_is_not_utf_8_names_the_line(instance: Path) -> None:
    write(instance, "topics.yaml", b"topics:\n  mexico:\n    title: M\xe9xico\n")
    assert str(problems(instance)[0]) == (
        "config/topics.yaml:3:13: byte 30 is not UTF-8 (save it as UTF-8)"
    )


def test_a_nul_has_its_place(instance: Path) -> None:
    write(instance, "topics.yaml", "topics:\n  a\0b: c\n")
    (problem,) = problems(instance)
    assert (problem.line, problem.column) == (2, 4)
    assert problem.message == "holds the control character U+0000"


def test_a_file_over_one_mebibyte_is_refused(instance: Path) -> None:
    padding = 2**20 - len(TOPICS) - 1
    write(instance, "topics.yaml", TOPICS + "#" * padding + "\n")
    load(instance, {})
    write(instance, "topics.yaml", TOPICS + "#" * padding + "#\n")
    assert [problem.message for problem in problems(instance)] == ["is larger than 1 MiB"]


def test_a_pipe_or_a_folder_is_no_configuration(instance: Path) -> None:
    path = instance / "config" / "topics.yaml"
    path.unlink()
    os.mkfifo(path)
    assert [problem.message for problem in problems(instance)] == ["is not a regular file"]
    path.unlink()
    path.mkdir()
    assert [problem.message for problem in problems(instance)] == ["is not a regular file"]


def test_a_link_is_followed(instance: Path) -> None:
    path = instance / "config" / "topics.yaml"
    path.rename(instance / "elsewhere.yaml")
    path.symlink_to(instance / "elsewhere.yaml")
    assert load(instance, {}).topics[0].slug == "mexico"


@pytest.mark.parametrize("name", ["topics.yaml", "recipients.yaml", "tidings.yaml"])
def test_an_empty_file_that_others_need_is_one_mistake(instance: Path, name: str) -> None:
    write(instance, name, "# nothing yet\n")
    (problem,) = problems(instance)
    assert problem.path == f"config/{name}"
    assert problem.message.startswith("is empty")


def test_an_empty_file_is_a_configuration_without_anything_in_it(instance: Path) -> None:
    write(instance, "digests.yaml", "")
    assert load(instance, {}).digests == ()


# --- The environment ---------------------------------------------------------------------------


def test_the_environment_overrules_the_file(instance: Path) -> None:
    settings = load(
        instance,
        {
            "TIDINGS_SITE__TITLE": "Other: news #1",
            "TIDINGS_FEEDS__LIMIT": "7",
            "TIDINGS_MAIL__FROM": "Ana <ana@example.org>",
            "TIDINGS_SOURCES__0__PATH": "in/*.txt",
            "TIDINGS_SOURCES__1__PATH": "more/*.txt",
            "TIDINGS_STATE": "sqlite:///other.db",
            "HOME": "/",
        },
    )
    assert settings.site.title == "Other: news #1"
    assert settings.feeds.limit == 7
    assert settings.mail.name == "Ana"
    assert [source.path for source in settings.sources] == ["in/*.txt", "more/*.txt"]
    assert settings.state_path == "other.db"


def test_an_empty_variable_takes_a_setting_back_to_its_default(instance: Path) -> None:
    write(instance, "tidings.yaml", TIDINGS + "feeds: {limit: 3}\n")
    assert load(instance, {"TIDINGS_FEEDS__LIMIT": ""}).feeds.limit == 50


def test_a_problem_in_the_environment_names_the_variable(instance: Path) -> None:
    found = problems(
        instance,
        TIDINGS_WORKER__EVERY="often",
        TIDINGS_SITE__TITEL="x",
        TIDINGS_SOURCES__4__PATH="x",
        TIDINGS_SITE__ABOUT="a\udcffb",
        TIDINGS_SITE__TITLE="",
    )
    assert [(problem.path, problem.line, problem.message) for problem in found] == [
        ("TIDINGS_SITE__ABOUT", 0, "holds the control character U+DCFF"),
        ("TIDINGS_SITE__TITEL", 0, "there is no such setting"),
        ("TIDINGS_SITE__TITLE", 0, "title: has no value"),
        (
            "TIDINGS_SOURCES__4__PATH",
            0,
            "there is no such entry in the list, nor is it the next one",
        ),
        ("TIDINGS_WORKER__EVERY", 0, 'every: "often" is not a duration'),
    ]
    assert found[1].hint == 'did you mean "TIDINGS_SITE__TITLE"?'


def test_a_section_or_a_secret_in_the_environment_is_no_setting(instance: Path) -> None:
    load(instance, dict.fromkeys(SECRETS, "hush"))
    (problem,) = problems(instance, TIDINGS_SITE="x")
    assert problem.path == "TIDINGS_SITE"


def test_a_variable_does_not_mend_a_section_that_is_wrong(instance: Path) -> None:
    write(instance, "tidings.yaml", TIDINGS + "feeds: many\n")
    (problem,) = problems(instance, TIDINGS_FEEDS__LIMIT="5")
    assert (problem.path, problem.line) == ("config/tidings.yaml", 7)


# --- Lists kept as CSV -------------------------------------------------------------------------


def partners(instance: Path, text: str | bytes) -> None:
    write(instance, "recipients.yaml", RECIPIENTS + "  partners: {from: partners.csv}\n")
    write(instance, "partners.csv", text)


def test_a_list_can_be_kept_as_a_table(instance: Path) -> None:
    partners(
        instance,
        "\ufeffaddress,name,topics,language,paused,shared\r\n"
        'luis@example.org,"Núñez, Luis",mexico;mexico,es,true,no\r\n\r\n'
        "eva@example.org,,all,,,\r\n"
        "all-staff@example.org,,,,,true\r\n",
    )
    luis, eva, group = load(instance, {}).lists["partners"]
    assert (luis.name, luis.topics, luis.language, luis.state.value) == (
        "Núñez, Luis",
        ("mexico",),
        "es",
        "paused",
    )
    assert (eva.name, eva.topics, eva.state.value) == ("", None, "active")
    assert [each.shared for each in (luis, eva, group)] == [False, None, True]


def test_a_table_says_which_items_somebody_reads(instance: Path) -> None:
    partners(
        instance,
        "address,items_in\na@example.org,es;EN pt-br\nb@example.org,all\nc@example.org,\n",
    )
    read = [each.items_in for each in load(instance, {}).lists["partners"]]
    assert read == [("es", "en", "pt-BR"), None, None]


def test_a_language_of_items_that_is_none_has_its_cell(instance: Path) -> None:
    partners(instance, "address,items_in\na@example.org,es klingon!\nb@example.org,und\n")
    assert [str(problem).partition(" (")[0] for problem in problems(instance)] == [
        'config/partners.csv:2:15: items_in: "klingon!" is not a language',
        'config/partners.csv:3:15: items_in: "und" names no language',
    ]


def test_each_bad_row_has_its_file_and_line(instance: Path) -> None:
    partners(
        instance,
        "address,name,topics\n"
        "bad,,\n"
        '"a@example.org","two\nlines",mexic\n'
        "A@example.org,,\n"
        ",nobody,\n"
        "b@example.org,a,b,c\n",
    )
    assert [str(problem) for problem in problems(instance)] == [
        'config/partners.csv:2:1: address: "bad" is not a mail address (write: name@example.org)',
        'config/partners.csv:3: topics: there is no topic "mexic" (did you mean "mexico"?)',
        "config/partners.csv:5:1: A@example.org is on this list already (remove one of the two)",
        'config/partners.csv:6:1: "address" is missing in partners',
        (
            "config/partners.csv:7:1: the row has 4 cells, the header 3 "
            "(quote a cell that holds a comma; topics are separated by spaces)"
        ),
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", 'config/partners.csv:1:1: there is no column "address" '),
        ("address,nam\n", 'config/partners.csv:1:9: unknown column "nam" (did you mean "name"?)'),
        ("address,address\n", 'config/partners.csv:1:9: the column "address" is here twice'),
        ('address\na@b.org\n"c@d.org\n', "config/partners.csv:3:1: cannot be read as CSV"),
        (b"address\n\xff\n", "config/partners.csv:2:1: byte 8 is not UTF-8"),
    ],
)
def test_a_table_that_is_none_is_said_so(instance: Path, text: str | bytes, problem: str) -> None:
    partners(instance, text)
    (found,) = problems(instance)
    assert str(found).startswith(problem)


def test_a_table_outside_config_or_missing_is_refused_where_it_is_named(instance: Path) -> None:
    partners(instance, "address\n")
    (instance / "partners.csv").write_text("address\n")
    for file in (
        "../partners.csv",
        str(instance / "partners.csv"),
        "a/../partners.csv",
        "none.csv",
    ):
        write(instance, "recipients.yaml", RECIPIENTS + f"  partners: {{from: {file}}}\n")
        (problem,) = problems(instance)
        assert (problem.path, problem.line, problem.column) == ("config/recipients.yaml", 4, 20)
        assert problem.excerpt == file


def test_the_files_to_watch_are_those_that_are_read(instance: Path) -> None:
    partners(instance, "address\n")
    config = instance / "config"
    assert config_files(instance) == (
        config / "tidings.yaml",
        config / "topics.yaml",
        config / "digests.yaml",
        config / "recipients.yaml",
        config / "partners.csv",
    )
    write(instance, "recipients.yaml", "lists: [\n")
    assert len(config_files(instance)) == 4


# --- The sample --------------------------------------------------------------------------------


def sample(tmp_path: Path) -> Settings:
    (tmp_path / "config").symlink_to(SAMPLE)
    return load(tmp_path, {})


def test_the_sample_is_sound(tmp_path: Path) -> None:
    settings = sample(tmp_path)
    assert len(settings.topics) == 10
    (weekly,) = settings.digests
    assert (weekly.topics, weekly.lists, weekly.history) == (None, ("staff",), "mail")
    assert [recipient.address for recipient in settings.lists["staff"]] == [
        "ana@example.org",
        "luis@example.org",
        "maria@example.org",
    ]


def test_the_sample_shows_every_setting() -> None:
    text = (SAMPLE / "tidings.yaml").read_text(encoding="utf-8")
    shown = [f"{path[-1]}:" for path in variables()]
    assert [name for name in shown if name not in text] == []


def test_loading_the_configuration_brings_in_nothing_heavy() -> None:
    code = (
        "import sys, tidings.adapters.config; "
        "print(*sorted({m.partition('.')[0] for m in sys.modules}))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = run.stdout.split()
    assert "pydantic" in loaded
    heavy = {"sqlalchemy", "jinja2", "feedgen", "lxml", "apscheduler", "babel", "typer", "rich"}
    assert heavy.isdisjoint(loaded)


# --- What an administrator most likely did --------------------------------------------------------

NO_BREAK = "\N{NO-BREAK SPACE}"
NONE = "a no-break space, which looks like a space and is none"
COLON = "a space is missing behind the colon"
DASH = "a space is missing behind the dash"


@pytest.mark.parametrize(
    ("text", "line", "column", "message", "hint"),
    [
        ("a:\n  b: c\n    d: e\n", 3, 5,
         "is indented deeper than line 2, which has a value already",
         "indent it by 2 spaces, as line 2"),
        ("a:\n  b:\n    c: d\n   e: f\n", 4, 4,
         "does not fit the lines above: no line there is indented by 3 spaces",
         "indent it by 4 spaces, as line 3"),
        ("a:\n  b:c\n  d: e\n", 2, 5, COLON, "write b: c"),
        ("a:\n  d: e\n  b:c\n", 3, 5, COLON, "write b: c"),
        ("a:\n  b:c\n", 2, 5, COLON, "write b: c"),
        ("a:\n  b:c d\n  # a remark\n\n  e: f\n", 2, 5, COLON, "write b: c d"),
        (f"a:\n  b:{NO_BREAK}c\n  d: e\n", 2, 5, NONE, "type a plain space in its place"),
        (f"a:\n{NO_BREAK} b: c\n  d: e\n", 2, 1, NONE, "type a plain space in its place"),
        (f"a:\n  b: c\n{NO_BREAK} d: e\n", 3, 1, NONE, "type a plain space in its place"),
        (f"a:\n  -{NO_BREAK}club\n", 2, 4, NONE, "type a plain space in its place"),
        ("a:\n\tb: c\n", 2, 1, "a tab", "indent with spaces, and write spaces behind : and -"),
        ("a:\n  b:\tc\n  d: e\n", 2, 5, "a tab",
         "indent with spaces, and write spaces behind : and -"),
        ("a:\n  -club\n  - hut\n", 2, 4, DASH, "write - club"),
        ("a:\n  - hut\n  -club\n", 3, 4, DASH, "write - club"),
        ("a:\n  -club\n", 2, 4, DASH, "write - club"),
        ("a:\n  b c\n  d: e\n", 2, 3, 'a line without ": " among settings',
         "indent it, or write key: value"),
    ],
)  # fmt: skip
def test_a_slip_is_named_where_it_is_with_what_to_write(
    text: str, line: int, column: int, message: str, hint: str
) -> None:
    document = compose(text, "a.yaml")
    assert [(p.line, p.column, p.message, p.hint) for p in document.problems] == [
        (line, column, message, hint)
    ]


@pytest.mark.parametrize(
    "text",
    [
        "a:\n  b: http://example.org:80/\n  c: 08:00\n",
        "a: >\n  b:c\n  -d\n",
        f"a: b{NO_BREAK}c\n",
        "a:\n  - b:c\n  - -d\n",
        "a: 'b\n  c:d'\n",
        "a:\n  http://example.org/\n",
    ],
)
def test_what_only_looks_like_a_slip_is_read(text: str) -> None:
    assert compose(text, "a.yaml").problems == []
