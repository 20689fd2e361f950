"""Writes deploy/tidings.1, the manual page, from what the command line says of itself.

`make manual` does it; a test compares. The form is man(7): https://man7.org/linux/man-pages/man7/man.7.html
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import typer

from tidings.entrypoints.cli import app, commands
from tidings.entrypoints.cli.exits import Exit

PAGE = Path(__file__).with_name("tidings.1")
FILES = {
    "config/": "what administrators own: tidings.yaml, topics.yaml, digests.yaml, recipients.yaml",
    "seeds/": "the listings that are read",
    "templates/": "what this instance says differently",
    "feeds/": "what is published; can be made again",
    "outbox/": "messages, where mail.transport names this folder",
    "state/": "what is known and who was sent what; back it up with `tidings backup`",
    ".tidings-witness": "how far readers have seen the state",
}
ENVIRONMENT = {
    "TIDINGS_SECTION__SETTING": "any setting of tidings.yaml; wins over the file",
    "TIDINGS_SECRET_KEY, TIDINGS_SECRET_KEY_FILE": "the key of the instance, or the file with it",
    "TIDINGS_SECRET_KEY_PREVIOUS, TIDINGS_SECRET_KEY_PREVIOUS_FILE": "the keys of before, or the "
    "file with them: what they signed goes on opening",
    "TIDINGS_SMTP_PASSWORD, TIDINGS_SMTP_PASSWORD_FILE": "the password, or the file with it",
    "SOURCE_DATE_EPOCH": "seconds since 1970 that `run` takes for the present",
    "NO_COLOR": "no colours, also on a terminal",
}
CODES = {
    Exit.DONE: "done, also when there was nothing to do",
    Exit.FAILED: "it ran, and something failed: each thing is named",
    Exit.USAGE: "the call or the configuration is wrong; nothing was touched",
    Exit.PENDING: "something would change: `plan` with --detailed-exitcode",
    Exit.LATER: "try again later: another process holds the lock, or mail is still to be sent",
}


def manual() -> str:
    """The page."""
    group = typer.main.get_command(app)
    lines = [
        '.\\" Made by deploy/manual.py: change the command line, not this.',
        '.TH TIDINGS 1 "" "Tidings" "User commands"',
        ".SH NAME",
        "tidings \\- news listings in; per\\-topic feeds and email digests out",
        ".SH SYNOPSIS",
        ".B tidings",
        "[\\fB\\-C\\fR \\fIINSTANCE_DIR\\fR] \\fIVERB\\fR [\\fIOPTIONS\\fR]",
        ".SH DESCRIPTION",
        "Watches a folder of plain\\-text news listings, publishes feeds and a page for each",
        "topic, and mails each recipient a digest of exactly the items that they have not had yet.",
        ".SH OPTIONS",
        *_options(group),
        ".SH VERBS",
    ]
    for words, command in commands().items():
        lines += [f".SS {_escaped(f'{words} {_arguments(command)}'.strip())}"]
        lines += [_escaped(_one_line(str(getattr(command, "help", "") or "")))]
        lines += _options(command)
    for heading, entries in (("FILES", FILES), ("ENVIRONMENT", ENVIRONMENT)):
        lines.append(f".SH {heading}")
        lines += _list(entries.items())
    lines.append('.SH "EXIT STATUS"')
    lines += _list((str(int(code)), CODES[code]) for code in Exit)
    return "\n".join(line for line in lines if line) + "\n"


def _parameters(command: object, kind: str) -> list[object]:
    found = getattr(command, "params", [])
    return [each for each in found if each.param_type_name == kind]


def _arguments(command: object) -> str:
    told = []
    for each in _parameters(command, "argument"):
        name = str(getattr(each, "metavar", None) or getattr(each, "name", "")).strip("[].")
        several = "..." if getattr(each, "nargs", 1) == -1 else ""
        needed = getattr(each, "required", True)
        told.append(f"{name.upper()}{several}" if needed else f"[{name.upper()}{several}]")
    return " ".join(told)


def _options(command: object) -> Iterator[str]:
    for each in _parameters(command, "option"):
        names = [*getattr(each, "opts", ()), *getattr(each, "secondary_opts", ())]
        value = ""
        if not getattr(each, "is_flag", False):
            given = getattr(each, "metavar", None) or getattr(each, "name", "")
            value = f" \\fI{_escaped(str(given).upper())}\\fR"
        yield ".TP"
        yield ", ".join(f"\\fB{_escaped(name)}\\fR" for name in names) + value
        yield _escaped(_one_line(str(getattr(each, "help", "") or ""))) or "See the reference."


def _list(entries: object) -> Iterator[str]:
    for term, told in entries:  # type: ignore[attr-defined]
        yield ".TP"
        yield f".B {_escaped(term)}"
        yield _escaped(told)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _escaped(text: str) -> str:
    """Text as roff prints it: no line begins a request, and hyphens can be copied."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"^([.'])", r"\\&\1", text)


if __name__ == "__main__":
    if sys.argv[1:] == ["--print"]:
        sys.stdout.write(manual())
    else:
        PAGE.write_text(manual(), encoding="utf-8")
