"""Where templates run: a sandbox that speaks one language, and keeps what it has compiled."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from gettext import NullTranslations
from types import CodeType
from typing import Any
from zoneinfo import ZoneInfo

import jinja2
from jinja2 import nodes

from tidings.adapters.templates.environment import Sandbox
from tidings.adapters.templates.formats import (
    Formats,
    clock,
    css_text,
    safe_url,
    upper_first,
)

PLAIN = (".txt.j2", ".subject.j2", ".css.j2")  # where < and & mean nothing


class Compiled(jinja2.BytecodeCache):
    """What each template was last compiled to, which depends on its text and on these three.

    To compile is a good part of a short run. A worker reads its templates anew whenever a setting
    changes, and a preview with each look, but few of them are ever others than before.
    """

    def __init__(self, language: str, zone: str, words: str) -> None:
        """`words` is the fingerprint of the catalogues."""
        self.depends_on = (language, zone, words)
        self._known: dict[str, tuple[str, CodeType | None]] = {}

    def load_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        """Called by the library before it compiles; the checksum is that of the text."""
        checksum, code = self._known.get(bucket.key, ("", None))
        if checksum == bucket.checksum:
            bucket.code = code

    def dump_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        """Called by the library when it has compiled."""
        self._known[bucket.key] = bucket.checksum, bucket.code


@lru_cache(maxsize=16)
def compiled(language: str, zone: str, words: str) -> Compiled:
    """What is known of a language from before."""
    return Compiled(language, zone, words)


def sandbox(
    load: Callable[[str], tuple[str, str, None] | None], formats: Formats, words: NullTranslations
) -> jinja2.Environment:
    """Where templates run: they are looked up by `load`, and told `formats` and `words`."""
    environment: Any = Sandbox(
        words,
        extensions=["jinja2.ext.i18n"],
        loader=jinja2.FunctionLoader(load),
        undefined=jinja2.StrictUndefined,
        autoescape=lambda name: name is None or not name.endswith(PLAIN),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    environment.filters |= {
        "clock": clock,
        "css_text": css_text,
        "day_month": formats.day_month,
        "full_date": formats.full_date,
        "listed": formats.listed,
        "long_date": formats.long_date,
        "month_name": formats.month_name,
        "month_year": formats.month_year,
        "number": formats.number,
        "safe_url": safe_url,
        "upper_first": upper_first,
        "weekday": formats.weekday,
    }
    environment.globals |= {
        "direction": formats.direction,
        "place": formats.place,
    }
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_callables(
        words.gettext,
        words.ngettext,
        newstyle=True,
        pgettext=words.pgettext,
        npgettext=words.npgettext,
    )
    del environment.filters["random"], environment.globals["lipsum"]
    made: jinja2.Environment = environment
    return made


@lru_cache(maxsize=128)
def tree_of(text: str, name: str, place: str) -> nodes.Template:
    """A template that compiles, in whatever language, for looking at what it is made of.

    Raises `jinja2.TemplateSyntaxError`, for an unknown filter as well.
    """
    neutral = sandbox(lambda _name: None, Formats("en", ZoneInfo("UTC")), NullTranslations())
    tree = neutral.parse(text, name, place)
    neutral.compile(tree, name, place)
    return tree
