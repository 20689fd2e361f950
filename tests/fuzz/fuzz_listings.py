"""Coverage-guided: no input makes a reader raise anything. `python tests/fuzz/fuzz_listings.py`

Needs atheris, which is no dependency of the project; runs until stopped. The same target runs for
a moment in `test_fuzz_listings.py`, from atheris's side or, without it, from hypothesis's.
"""

from __future__ import annotations

import sys
from importlib import import_module

READER = "tidings.core.listings"
ENDINGS = ("txt", "json", "jsonl", "csv", "md")


def read_anything(data: bytes) -> None:
    """Read the bytes as every format: nothing may be raised, and something must be said."""
    parse = import_module(READER).parse
    text = data.decode("utf-8", errors="replace")
    for ending in ENDINGS:
        reading = parse(text, f"seeds/a.{ending}")
        if not reading.listings and not reading.problems:
            raise AssertionError(f"nothing is said of {text!r} as {ending}")


def main() -> None:
    """Run the target under atheris until it fails or is stopped."""
    atheris = import_module("atheris")

    # The reader alone: what it imports besides is not what is looked for.
    with atheris.instrument_imports(include=[READER]):
        import_module(READER)
    atheris.Setup(sys.argv, read_anything)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
