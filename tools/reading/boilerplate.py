"""What stands around entries and belongs to none: heads, feet, headings, pagers, boxes."""

from __future__ import annotations

from datetime import date
from random import Random

from tools.reading.dates import month_heading
from tools.reading.wording import clause, upper_first
from tools.reading.words import Words, weighed


def rule(rng: Random) -> str:
    """A drawn line."""
    return rng.choice(["---", "_" * rng.randint(20, 76), "* * *", "=" * 40, "-" * 72, "—" * 12])


def pager(rng: Random, words: Words) -> list[str]:
    """What leads to other pages of the list."""
    last = rng.randint(4, 90)
    ahead, back = words.lists["page"][0], words.lists["page"][1]
    match rng.randrange(6):
        case 0:
            return [f"1 2 3 … {last} {ahead}"]
        case 1:
            return [words.lists["page"][2].format(n=1, m=last)]
        case 2:
            return [back, *(["1 2 3 4 5"] if rng.random() < 0.5 else []), ahead]
        case 3:
            return [f"  * {n}" for n in (*range(1, 5), "…", f"{ahead} ›")]
        case 4:
            return [f"« {back} | {ahead} »"]
    return [words.pick(rng, "page").format(n=2, m=last)]


def head(rng: Random, words: Words, mark: str) -> list[list[str]]:
    """Blocks of lines above the first entry; none in half of the listings."""
    blocks = []
    if rng.random() < 0.12:
        items = rng.sample(words.lists["nav"], min(4, len(words.lists["nav"])))
        joint = rng.choice([" | ", " > ", " / ", " » ", "\n", "\n* "])
        blocks.append(joint.join(items).split("\n"))
    if rng.random() < 0.33:
        blocks.append([mark + words.pick(rng, "latest")])
    if rng.random() < 0.06:
        blocks.append([" ".join(str(year) for year in range(2024, 2024 - rng.randint(3, 12), -1))])
    if rng.random() < 0.05:
        blocks.append([upper_first(clause(rng, words)) + words.stop])
    if rng.random() < 0.04:
        blocks.append(
            [label.rstrip(":") for label in (words.pick(rng, "posted"), words.pick(rng, "kinds"))]
        )
    return blocks


def foot(rng: Random, words: Words) -> list[list[str]]:
    """Blocks of lines below the last entry; none in half of the listings."""
    blocks = []
    if rng.random() < 0.25:
        blocks.append(pager(rng, words))
    if rng.random() < 0.08:
        blocks.append(list(words.lists["letter"]))
    if rng.random() < 0.08:
        blocks.append([words.pick(rng, "side"), *(words.pick(rng, "cats") for _ in range(3))])
    if rng.random() < 0.15:
        blocks.append(rng.sample(words.lists["foot"], rng.randint(1, 3)))
    if rng.random() < 0.06:
        blocks.append([f"© {rng.randint(2012, 2027)} {upper_first(words.pick(rng, 'who'))}"])
    return blocks


def draw_between(rng: Random) -> str:
    """What a site sets between its entries, if anything."""
    return weighed(
        rng,
        none=66,
        month=5,
        **{"month-year": 4},
        year=3,
        section=7,
        advert=5,
        letter=3,
        pager=3,
        share=4,
    )


def between(
    rng: Random, words: Words, kind: str, day: date, before: date | None, mark: str
) -> list[str]:
    """The lines above the entry of `day`, below that of `before`; headings bear `mark`."""
    if kind in ("month", "month-year", "year"):
        width = 4 if kind == "year" else 7
        if before is not None and before.isoformat()[:width] == day.isoformat()[:width]:
            return []
        if kind == "year":
            return [mark + str(day.year)]
        return [mark + month_heading(day, words.language, year=kind == "month-year")]
    if before is None or rng.random() > 0.16:
        return []
    match kind:
        case "section":
            name = words.pick(rng, rng.choice(["side", "cats", "latest"]))
            return [mark + (name.upper() if rng.random() < 0.2 else name)]
        case "advert":
            return rng.choice([[words.pick(rng, "advert")], [words.lists["advert"][0], "[ad]"]])
        case "letter":
            return list(words.lists["letter"])
        case "pager":
            return pager(rng, words)
        case "share":
            return [words.pick(rng, "share")]
    return []


def picture(rng: Random, kind: str) -> str:
    """A picture as a tool that renders pages leaves it."""
    number = rng.randint(100, 99999)
    match kind:
        case "markdown":
            return f"![{rng.choice(['', 'image', 'cover'])}](/media/img-{number}.jpg)"
        case "empty":
            return f"[](https://example.org/files/{number}.jpg)"
        case "path":
            return f"images/news/pic_{number}.png"
        case "file":
            return f"IMG_{number}.JPG"
        case "number":
            return f"[{number % 40}]"
    return rng.choice(["[image]", "[Image]", f"[thumb_{number}]"])


def more(rng: Random, words: Words, arrow: str, *, link: bool) -> str:
    """A line that leads to the full text."""
    text = words.pick(rng, "more")
    if link:
        named = f' "{text}"' if arrow else ""
        return f"[{text}](/news/{rng.randint(100, 9999)}{named})"
    return f"{text}{arrow}"
