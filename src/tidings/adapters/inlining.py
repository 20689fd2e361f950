"""Style sheets into elements, for mail programs that read inline styles only: css-inline's door."""

from __future__ import annotations

import re
from collections.abc import Iterator

import css_inline

from tidings.errors import TemplateError

# Where the library puts what it keeps of the style sheets.
KEPT = "<head><style>"
BRACES = re.compile(r"[{}]")


def inline(html: str) -> str:
    """The document with the rules of its <style> elements written on the elements they match.

    Media queries and other at-rules stay at the end of the head: without them, no dark scheme and
    no narrow screen. Each has a <style> of its own, so that a mail program that refuses one keeps
    the others. Nothing is fetched. Raises TemplateError if the document cannot be worked on.
    """
    try:
        page = css_inline.inline(html, keep_at_rules=True, load_remote_stylesheets=False)
    except (css_inline.InlineError, ValueError) as fault:
        raise TemplateError(
            f"the style of the mail's HTML part cannot be inlined: {fault}"
        ) from fault
    before, found, rest = page.partition(KEPT)
    if not found:
        return page
    sheet, _, after = rest.partition("</style>")
    kept = "".join(f"<style>{rule}</style>\n" for rule in _rules(sheet))
    return f"{before}<head>{after.replace('</head>', f'{kept}</head>', 1)}"


def _rules(sheet: str) -> Iterator[str]:
    """The rules of a style sheet one by one, each with the rules inside it."""
    depth = begin = 0
    for brace in BRACES.finditer(sheet):
        depth += 1 if brace[0] == "{" else -1
        if not depth:
            yield sheet[begin : brace.end()].strip()
            begin = brace.end()
    if sheet[begin:].strip():
        yield sheet[begin:].strip()
