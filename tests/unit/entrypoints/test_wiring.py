"""What the configuration is joined to."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pressroom import pressroom
from tidings.adapters.eml import EmlFolder
from tidings.adapters.smtp import SmtpTransport
from tidings.entrypoints.wiring import clock, dry_run, load_instance, transport
from tidings.errors import ConfigError

ROOT = Path(__file__).parents[3]


def test_mail_goes_where_the_configuration_says() -> None:
    assert isinstance(transport(load_instance(ROOT, {})), EmlFolder)
    server = {"TIDINGS_MAIL__TRANSPORT": "smtp://news@mail.example.org"}
    environ = {**server, "TIDINGS_SMTP_PASSWORD": "s3cr3t"}
    way_out = transport(load_instance(ROOT, environ))
    assert isinstance(way_out, SmtpTransport)
    assert repr(way_out) == "SmtpTransport(mail.example.org:587)"


def test_a_user_without_a_password_is_told_before_anything_is_sent() -> None:
    server = {"TIDINGS_MAIL__TRANSPORT": "smtp://news@mail.example.org"}
    with pytest.raises(ConfigError, match="TIDINGS_SMTP_PASSWORD"):
        transport(load_instance(ROOT, server))


def test_what_a_source_took_back_is_told_in_the_language_of_the_site(tmp_path: Path) -> None:
    room = pressroom(tmp_path)
    room.environ["TIDINGS_SITE__LANGUAGE"] = "es"
    instance = load_instance(room.root, room.environ)
    with dry_run(instance, clock(room.now)) as (services, _):
        told = services.recording.taken_back(["seeds/<a>.txt", "seeds/b.txt"])
    assert told == "Ya no está en su fuente, seeds/<a>.txt y seeds/b.txt."
