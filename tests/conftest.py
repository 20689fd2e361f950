"""Options of the test run."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--bless` rewrites what the golden cases expect, instead of comparing with it."""
    parser.addoption("--bless", action="store_true", help="rewrite the golden files")
