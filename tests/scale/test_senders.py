"""Several processes send one edition from one state on a server: everybody gets it, once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.postgres import fresh
from tests.scale.machines import site

pytestmark = pytest.mark.scale


def test_two_machines_share_an_edition_and_nobody_gets_it_twice(
    tmp_path: Path, postgres: str
) -> None:
    with site(tmp_path, fresh(postgres), people=600, delay=0.02) as news:
        news.open_edition()
        one, two = news.machine(), news.machine()
        for each in (one, two):
            each.start("worker", "--role", "send")
        news.wait(lambda: news.unsettled() == 0)
        assert news.copies() == 0
        sent = [each.log().count("mail sent sent=") for each in (one, two)]
        assert sent == [1, 1], "both had a part in it"
