"""Draws the pictures of the documentation from what the sample really makes: `make pictures`.

A browser takes them: Chromium, by whichever of its names is there. They differ a little with its
version and the fonts of the machine, so no test compares them; look at them before you keep them.
"""

from __future__ import annotations

import email
import email.policy
import os
import shutil
import subprocess
import sys
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
# A Monday at the hour of the digest, so that the pictures show an ordinary edition.
INSTANT = "2026-11-23T14:00:00Z"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
LISTING = "000_b0bc31d75606c6af.txt"
# How much of the listing is shown, in characters: more than fits, so that it runs on.
SHOWN = 2_400

WAY = """<!DOCTYPE html>
<meta charset="utf-8">
<style>
  * {{ box-sizing: border-box; margin: 0 }}
  body {{ width: 1000px; height: 610px; background: #eef1ef; position: relative; overflow: hidden;
    font-family: "Noto Serif", Georgia, serif; color: #14201b }}
  .card {{ position: absolute; background: #fff; border: 1px solid #c9d1cd; overflow: hidden }}
  .listing {{ left: 30px; top: 74px; width: 500px; height: 506px; border-radius: 6px }}
  .listing pre {{ font: 13px/1.55 "DejaVu Sans Mono", Menlo, Consolas, monospace;
    white-space: pre-wrap; padding: 18px 22px; height: 100%;
    mask-image: linear-gradient(#000 82%, transparent) }}
  .phone {{ left: 640px; top: 74px; width: 330px; height: 620px; border: 9px solid #14201b;
    border-radius: 34px }}
  .phone iframe {{ width: 375px; height: 720px; border: 0; transform: scale(.832);
    transform-origin: 0 0 }}
  h2 {{ position: absolute; top: 27px; font: 19px Arial, "Liberation Sans", sans-serif;
    white-space: nowrap }}
  svg {{ position: absolute; left: 548px; top: 290px }}
</style>
<h2 style="left: 30px">You save what you pasted from a page</h2>
<h2 style="left: 640px">They get what is new on their topics</h2>
<div class="card listing"><pre>{listing}</pre></div>
<svg width="74" height="36" fill="none" stroke="#0a6b50" stroke-width="4">
  <path d="M2 18h66M52 4l16 14-16 14"/>
</svg>
<div class="card phone"><iframe srcdoc="{mail}"></iframe></div>
"""


def main() -> int:
    """Draw every picture, and say where it is."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        print(f"There is no browser to draw with: install one of {', '.join(BROWSERS)}.")
        return 1
    with TemporaryDirectory(prefix="tidings-pictures-") as folder:
        news = Path(folder) / "news"
        _tidings("init", str(news), "--sample")
        _tidings("-C", str(news), "run", "--send", "now", "--now", INSTANT)
        way = Path(folder) / "way.html"
        way.write_text(listing_to_mail(news), encoding="utf-8")
        for name, page, width, height, factor in (
            ("listing-to-mail", way, 1000, 610, 2),
            ("index-1280", news / "feeds" / "index.html", 1280, 1352, 1),
        ):
            picture = IMAGES / f"{name}.png"
            _draw(browser, page, picture, f"{width},{height}", factor, folder)
            print(picture.relative_to(ROOT))
    return 0


def listing_to_mail(news: Path) -> str:
    """The page that shows a listing of an instance beside the mail that came of it."""
    listing = (news / "seeds" / LISTING).read_text(encoding="utf-8")[:SHOWN]
    return WAY.format(listing=escape(listing), mail=escape(_mail(news)))


def _mail(news: Path) -> str:
    """The HTML part of the message to the first person on the list."""
    first = sorted((news / "outbox").rglob("*.eml"))[0]
    message = email.message_from_bytes(first.read_bytes(), policy=email.policy.default)
    body = message.get_body(("html",))
    return str(body.get_content()) if body else ""


def _tidings(*words: str) -> None:
    subprocess.run([sys.executable, "-m", "tidings", *words], check=True, capture_output=True)


def _draw(browser: str, page: Path, out: Path, size: str, factor: int, folder: str) -> None:
    # As root, as in a container, Chromium starts only without its sandbox.
    sandbox = [] if os.geteuid() else ["--no-sandbox"]
    subprocess.run(
        [
            browser, "--headless", "--disable-gpu", "--hide-scrollbars", *sandbox,
            f"--user-data-dir={folder}/profile", f"--window-size={size}",
            f"--force-device-scale-factor={factor}", f"--screenshot={out}", page.as_uri(),
        ],
        check=True,
        capture_output=True,
    )  # fmt: skip
    # A palette makes them a third as large; without the program they are only larger.
    if smaller := shutil.which("pngquant"):
        subprocess.run([smaller, "--force", "--strip", "--output", out, out], check=True)


if __name__ == "__main__":
    sys.exit(main())
