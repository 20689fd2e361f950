"""Files and folders: whether we can use them, whether others can read them, whether there is
room."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from tidings.adapters import machine
from tidings.core import checkup
from tidings.entrypoints import wiring
from tidings.entrypoints.wiring import Instance
from tidings.model import Finding


def access(instance: Instance) -> Iterator[Finding]:
    """What is read can be read, and what is written can be written, by whoever asks."""
    for source in instance.settings.sources:
        fixed = PurePosixPath(source.path).parent
        while any(character in str(fixed) for character in "*?["):
            fixed = fixed.parent
        place = instance.root / fixed
        there = place.is_dir()
        may = there and machine.may_read(place)
        yield checkup.usable(f"{fixed}/", "read", there=there, may=may)
    for folder in _written(instance):
        # What does not exist yet is made, if its parent can be written.
        place = folder
        while not place.exists():
            place = place.parent
        yield checkup.usable(
            _shown(instance, folder), "written", there=True, may=machine.may_write(place)
        )
    if instance.state_path.parent.is_dir():
        yield _owners(instance)


def _owners(instance: Instance) -> Finding:
    folder = instance.state_path.parent
    owner = machine.owner(folder)
    strangers = [each.name for each in sorted(folder.iterdir()) if machine.owner(each) != owner]
    return checkup.foreign_owner(_shown(instance, folder), strangers, owner)


def secrets(instance: Instance) -> Iterator[Finding]:
    """What only its owner may read, and what not everybody should."""
    folder = instance.state_path.parent
    named = instance.environ.get("TIDINGS_SECRET_KEY_FILE")
    for place in (folder / "secret.key", *([Path(named)] if named else [])):
        if place.is_file():
            yield checkup.kept_secret(_shown(instance, place), machine.mode(place))
    if instance.state_path.is_file():
        name = _shown(instance, instance.state_path)
        yield checkup.exposed(name, machine.mode(folder), machine.mode(instance.state_path))


def room(instance: Instance) -> Iterator[Finding]:
    """What is left on each file system that we write to."""
    size = instance.state_path.stat().st_size if instance.state_path.is_file() else 0
    seen: set[int] = set()
    for folder in _written(instance):
        device = machine.device(folder)
        if device not in seen:
            seen.add(device)
            yield checkup.room(_shown(instance, folder), machine.room(folder), size)


def _written(instance: Instance) -> list[Path]:
    folders = [instance.state_path.parent, instance.root / wiring.PUBLISHED]
    return [*folders, instance.outbox] if instance.settings.mail.folder else folders


def _shown(instance: Instance, place: Path) -> str:
    """A place as seen from the instance."""
    return (
        str(place.relative_to(instance.root)) if place.is_relative_to(instance.root) else str(place)
    )
