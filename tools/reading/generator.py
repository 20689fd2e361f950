"""Invented listings with labels, of as many layouts as possible, to train the reader on.

`python -m tools.reading.generator --count 20 --seed 0 --out DIR` writes some of them to look at,
`--tally` counts what was drawn.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from tools.reading.boilerplate import foot, head
from tools.reading.dates import draw_days, evident
from tools.reading.layout import Site, draw_site
from tools.reading.render import Labelled, Page, aligned, render

_TWO_LAYOUTS = 0.05
_CUT = ("",) * 18 + ("first", "last")


@dataclass(frozen=True)
class Sample:
    """A listing, its labels, and what was drawn for it (`key=value`, parted by "; ")."""

    name: str
    text: str
    language: str
    entries: tuple[Labelled, ...]
    layout: str


def generate(seed: int) -> Sample:
    """The listing number `seed`, the same everywhere: nothing but the seed is asked."""
    rng = Random(seed)
    site = draw_site(rng)
    sites = [site]
    if rng.random() < _TWO_LAYOUTS:
        second = draw_site(rng, site.words)
        if not site.form or site.form.kind != "stacked" or second.dated == "row":
            # Dates of one file have one order of day and month.
            sites.append(replace(second, form=site.form if second.form else None))
    lines: list[str] = []
    labels: list[Labelled] = []
    cut = rng.choice(_CUT) if len(sites) == 1 else ""
    for part, one in enumerate(sites):
        page = Page(rng, one)
        above = [[one.words.pick(rng, "latest")]] if part else head(rng, one.words, one.heading)
        for block in above:
            page.block(block, one.rows[0].indent if rng.random() < 0.4 else 0)
        days = draw_days(rng, _draw_count(rng) if len(sites) == 1 else rng.randint(3, 10))
        if one.form:
            days = evident(one.form, days)
        render(page, days, cut=cut)
        page.gap(one.outer)
        lines += aligned(page.lines)
        labels += page.labels
    for block in foot(rng, site.words):
        lines += [*block, *[""] * rng.randint(0, 2)]
    name = f"{seed:05d}-{site.words.language}-{site.order.lower()}-{site.dated}"
    text = _finished(rng, site, lines)
    return Sample(name, text, site.words.language, tuple(labels), _described(sites, cut))


def _draw_count(rng: Random) -> int:
    """Mostly ten or twenty entries, few in some, many in few."""
    return rng.choice((rng.randint(2, 4), rng.randint(4, 12), 10, 20, rng.randint(8, 25), 40))


def _finished(rng: Random, site: Site, lines: list[str]) -> str:
    """The text of the file, in rare cases with other line ends or no-break spaces."""
    text = "\n".join(lines).strip("\n") + "\n"
    if site.tool == "nodes" and rng.random() < 0.3:
        text = text.replace(". ", ".\u00a0", rng.randint(1, 9))
    return text.replace("\n", "\r\n") if rng.random() < 0.02 else text


def _described(sites: Sequence[Site], cut: str) -> str:
    said = []
    for site in sites:
        form = site.form
        said += [f"order={site.order}", f"dated={site.dated}", f"tool={site.tool}"]
        said += [f"date={form.kind if form else 'none'}"]
        if form:
            said += [f"form={form.pattern}".replace("\n", " / "), f"weekday={bool(form.weekday)}"]
            said += [f"clock={bool(form.clock)}", f"posted={bool(form.before)}"]
        said += [f"slot={slot.role}@{slot.place}" for slot in site.slots]
        said += [f"between={site.between}", f"wrapped={bool(site.width)}", f"link={site.link}"]
        said += [f"body={site.body.paragraphs if site.body else 0}"]
    return "; ".join([*said, f"layouts={len(sites)}", f"cut={cut or 'none'}"])


def tally(samples: Sequence[Sample]) -> list[str]:
    """How often what was drawn, as lines: languages, then each key of the layouts."""
    counts = Counter(f"language={sample.language}" for sample in samples)
    for sample in samples:
        counts.update(set(sample.layout.split("; ")))
    lines: dict[str, list[str]] = {}
    for drawn, times in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])):
        key, _, value = drawn.partition("=")
        lines.setdefault(key, []).append(f"{value} {times}")
    return [f"{key}: {', '.join(values)}" for key, values in sorted(lines.items())]


def save(sample: Sample, folder: Path) -> None:
    """NAME.txt and NAME.expected.json in `folder`, in the form of the labelled corpora."""
    rows = [
        {
            "published": entry.published.isoformat() if entry.published else None,
            "title": entry.title,
            "summary": entry.summary,
        }
        for entry in sample.entries
    ]
    (folder / f"{sample.name}.txt").write_text(sample.text, encoding="utf-8", newline="")
    expected = json.dumps(rows, ensure_ascii=False, indent=1) + "\n"
    (folder / f"{sample.name}.expected.json").write_text(expected, encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Invented listings with labels.")
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0, help="the first of the seeds")
    parser.add_argument("--out", type=Path, help="the folder to write them to")
    parser.add_argument("--tally", action="store_true", help="count what was drawn")
    chosen = parser.parse_args(arguments)
    samples = [generate(seed) for seed in range(chosen.seed, chosen.seed + chosen.count)]
    if chosen.out:
        chosen.out.mkdir(parents=True, exist_ok=True)
        for sample in samples:
            save(sample, chosen.out)
    if chosen.tally:
        print("\n".join(tally(samples)))


if __name__ == "__main__":
    main()
