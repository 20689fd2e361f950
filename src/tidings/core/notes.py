"""Renders the note of an editor: markdown of a safe subset, as HTML and as text.

Paragraphs, emphasis, links, lists, quotations and lines are in it (CommonMark 0.31); HTML,
pictures, headings and code are text like any other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from tidings.core.addresses import web_address

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_RULES = [
    "blockquote", "emphasis", "entity", "escape", "hr", "link", "list", "newline",
    "paragraph",
]  # fmt: skip

_CLASSES = {"paragraph_open": "text", "list_item_open": "text", "link_open": "accent"}


def note_html(markdown: str) -> str:
    """The note as HTML that is safe to print as it is, in the classes of text and links."""
    parser = _parser()
    tokens = parser.parse(markdown)
    for token in (*tokens, *(child for each in tokens for child in each.children or ())):
        if name := _CLASSES.get(token.type):
            token.attrSet("class", name)
    return str(parser.renderer.render(tokens, parser.options, {})).strip()


def note_text(markdown: str) -> str:
    """The note as plain text: a link is followed by its address, points by hyphens or numbers."""
    return "\n\n".join(_blocks(_parser().parse(markdown)))


def _parser() -> MarkdownIt:
    # Here, since most mail has no note.
    from markdown_it import MarkdownIt

    made = MarkdownIt("zero", {"html": False}).enable(_RULES)
    # Its own rule refuses scripts alone; ours takes nothing but the web and mail.
    made.validateLink = _is_safe  # type: ignore[method-assign]
    return made


def _is_safe(url: str) -> bool:
    return bool(web_address(url)) or (url.casefold().startswith("mailto:") and "@" in url)


def _blocks(tokens: Sequence[Token]) -> Iterator[str]:
    """Paragraphs one by one, those of a list or a quotation with what stands before them."""
    before: list[str] = []
    for token in tokens:
        if token.type == "bullet_list_open":
            before.append("- ")
        elif token.type == "ordered_list_open":
            before.append(f"{int(token.attrGet('start') or 1)}. ")
        elif token.type == "blockquote_open":
            before.append("> ")
        elif token.type.endswith(("list_close", "blockquote_close")):
            before.pop()
        elif token.type == "list_item_close" and before[-1][0].isdecimal():
            before[-1] = f"{int(before[-1].rstrip('. ')) + 1}. "
        elif token.type == "hr":
            yield "* * *"
        elif token.type == "inline":
            yield "".join(before) + "".join(_words(token.children or ()))


def _words(tokens: Sequence[Token]) -> Iterator[str]:
    links: list[tuple[str, str]] = []
    said = ""
    for token in tokens:
        if token.type == "link_open":
            links.append((str(token.attrGet("href") or ""), said))
        elif token.type == "link_close":
            address, before = links.pop()
            if said[len(before) :] not in (address, address.removeprefix("mailto:")):
                said += f" ({address})"
        elif token.type in ("softbreak", "hardbreak"):
            said += "\n" if token.type == "hardbreak" else " "
        else:
            said += token.content
    yield said
