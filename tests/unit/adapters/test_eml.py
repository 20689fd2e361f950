"""The outbox: a message is a file, whole or not at all, under a name that nobody can abuse."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tidings.adapters.eml import EmlFolder
from tidings.errors import DeliveryError
from tidings.model import Envelope

MESSAGE = b"From: a@x.example\r\n\r\n.\r\nFrom the sea\r\n"


def envelope(recipient: str = "ana@x.example", delivery_id: int = 7) -> Envelope:
    return Envelope("desk@x.example", recipient, "weekly", 12, delivery_id)


def files(root: Path) -> dict[str, bytes]:
    return {
        str(place.relative_to(root)): place.read_bytes()
        for place in root.rglob("*")
        if place.is_file()
    }


def test_a_message_is_kept_byte_for_byte_below_its_digest_and_number(tmp_path: Path) -> None:
    said = EmlFolder(tmp_path / "outbox").send(envelope(), MESSAGE)
    assert files(tmp_path) == {"outbox/weekly/12/7-ana@x.example.eml": MESSAGE}
    assert said == str(tmp_path / "outbox/weekly/12/7-ana@x.example.eml")


def test_an_attempt_repeated_replaces_its_own_file_and_no_other(tmp_path: Path) -> None:
    outbox = EmlFolder(tmp_path)
    outbox.send(envelope(delivery_id=7), b"first")
    outbox.send(envelope(delivery_id=8), b"other")
    outbox.send(envelope(delivery_id=7), b"again")
    assert files(tmp_path) == {
        "weekly/12/7-ana@x.example.eml": b"again",
        "weekly/12/8-ana@x.example.eml": b"other",
    }


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("../../etc/passwd", "_.._etc_passwd"),
        ("a/b@x.example", "a_b@x.example"),
        ("..", "recipient"),
        ("", "recipient"),
        (".hidden@x.example", "hidden@x.example"),
        ('"a b"@x.example', "_a_b_@x.example"),
        ("niño@x.example", "ni_o@x.example"),
        ("a+tag@x.example", "a+tag@x.example"),
        ("a\n\0b@x.example", "a__b@x.example"),
    ],
)
def test_an_address_never_becomes_a_path_or_a_hidden_file(
    tmp_path: Path, address: str, name: str
) -> None:
    EmlFolder(tmp_path).send(envelope(address), MESSAGE)
    assert files(tmp_path) == {f"weekly/12/7-{name}.eml": MESSAGE}


def test_an_endless_address_still_gives_a_name(tmp_path: Path) -> None:
    EmlFolder(tmp_path).send(envelope("a" * 1_000 + "@x.example"), MESSAGE)
    ((name, data),) = files(tmp_path).items()
    assert data == MESSAGE
    assert len(Path(name).name) < 255


def test_addresses_that_look_alike_in_a_name_stay_apart(tmp_path: Path) -> None:
    for delivery_id, address in enumerate(["a/b@x.example", "a:b@x.example"]):
        EmlFolder(tmp_path).send(envelope(address, delivery_id), address.encode())
    assert set(files(tmp_path).values()) == {b"a/b@x.example", b"a:b@x.example"}


def test_a_full_disk_leaves_no_message_and_can_be_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(DeliveryError, match="No space left on device") as caught:
            EmlFolder(tmp_path).send(envelope(), MESSAGE)
    assert not caught.value.permanent
    assert files(tmp_path) == {}
    EmlFolder(tmp_path).send(envelope(), MESSAGE)
    assert len(files(tmp_path)) == 1


@pytest.mark.parametrize("obstacle", ["weekly", "weekly/12"])
def test_a_file_in_the_place_of_a_folder_is_named_and_can_be_mended(
    tmp_path: Path, obstacle: str
) -> None:
    place = tmp_path / obstacle
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(b"in the way")
    with pytest.raises(DeliveryError, match="weekly") as caught:
        EmlFolder(tmp_path).send(envelope(), MESSAGE)
    assert not caught.value.permanent


def test_a_message_is_durable_before_the_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    fsync = os.fsync

    def noting(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", noting)
    EmlFolder(tmp_path).send(envelope(), MESSAGE)
    message, folder = synced
    assert "ana@x.example" in message
    assert folder == "12"
