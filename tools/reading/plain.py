"""Invented listings as people write them by hand: one to five entries, and nothing around them."""

from __future__ import annotations

from random import Random

from tools.reading.dates import draw_days, draw_form, evident, write
from tools.reading.generator import Sample
from tools.reading.render import Labelled, plain
from tools.reading.wording import BodyStyle, body, draw_titles, title
from tools.reading.words import draw_words

_FORMS = (
    "{date}\n{title}\n{text}", "{date}\n{title}\n{text}", "{date}\n\n{title}\n\n{text}",
    "{title}\n{date}\n{text}", "{title}\n\n{date}\n\n{text}", "{date} - {title}\n{text}",
    "{date}: {title}\n{text}", "{title} ({date})\n{text}", "## {title}\n{date}\n{text}",
    "## {title}\n\n{date}\n\n{text}", "[{title}](https://example.org/{n})\n{date}\n{text}",
    "* {date} {title}", "{date}\n{title}", "{title}\n{date}", "- {title} ({date})",
    "**{title}**\n{date}\n{text}", "{title}\n{date} - {text}", "{date} | News\n{title}\n{text}",
)  # fmt: skip
_COUNTS = (1, 1, 1, 2, 2, 3, 3, 4, 5)


def generate_plain(seed: int) -> Sample:
    """The listing number `seed`, the same everywhere."""
    rng = Random(f"plain/{seed}")
    words = draw_words(rng)
    form = draw_form(rng, words, markdown=False)
    while form.kind not in ("full", "range") or form.newest_ago or form.before:
        form = draw_form(rng, words, markdown=False)
    titles = draw_titles(rng, words)
    style = BodyStyle(1, rng.randint(1, 3), 0.0, "", dateline=False, byline=False, markdown=False)
    layout, gap = rng.choice(_FORMS), "\n" * rng.choice((2, 2, 2, 3))
    days = evident(form, draw_days(rng, rng.choice(_COUNTS)))
    parts, labels = [], []
    for age, day in enumerate(days):
        told, _ = write(rng, words, form, day, age)
        name = plain(title(rng, words, titles, day))
        text = plain(" ".join(body(rng, words, style, day))) if "{text}" in layout else ""
        parts.append(layout.format(date=told, title=name, text=text, n=rng.randint(1, 999)))
        labels.append(Labelled(day, name, text))
    lines = "\n" if layout[0] in "*-" else gap
    name = f"plain-{seed}-{len(days)}"
    return Sample(name, lines.join(parts) + "\n", words.language, tuple(labels), layout)
