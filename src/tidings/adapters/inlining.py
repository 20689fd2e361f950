"""Style sheets into elements, for mail programs that read inline styles only: css-inline's door."""

from __future__ import annotations

import css_inline

from tidings.errors import TemplateError


def inline(html: str) -> str:
    """The document with the rules of its <style> elements written on the elements they match.

    Media queries and other at-rules stay in the head: without them, no dark scheme and no narrow
    screen. Nothing is fetched. Raises TemplateError if the document cannot be worked on.
    """
    try:
        return css_inline.inline(html, keep_at_rules=True, load_remote_stylesheets=False)
    except (css_inline.InlineError, ValueError) as fault:
        raise TemplateError(
            f"the style of the mail's HTML part cannot be inlined: {fault}"
        ) from fault
