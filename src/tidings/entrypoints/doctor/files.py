"""Files and folders: whether we can use them, whether others can read them, whether there is
room."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from tidings.adapters import eml, git, machine
from tidings.core import checkup
from tidings.entrypoints import wiring
from tidings.entrypoints.wiring import Instance
from tidings.model import Finding
from tidings.state import exposed, files_of, is_apart


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
    folder = instance.state_path.parent
    if _is_closed(instance):
        yield checkup.usable(_shown(instance, folder), "read", there=True, may=False)
    elif folder.is_dir():
        yield _owners(instance)


def _is_closed(instance: Instance) -> bool:
    """Whether the state is in a folder that we may not look into."""
    folder = instance.state_path.parent
    return folder.is_dir() and not machine.may_read(folder)


def _owners(instance: Instance) -> Finding:
    folder = instance.state_path.parent
    owner = machine.owner(folder)
    strangers = [each.name for each in sorted(folder.iterdir()) if machine.owner(each) != owner]
    return checkup.foreign_owner(_shown(instance, folder), strangers, owner)


def secrets(instance: Instance) -> Iterator[Finding]:
    """What only its owner may read: keys and passwords, the state, messages, and the witness."""
    state, outbox = instance.state_path, _outbox(instance)
    open_to_others = {*exposed(state, [instance.root / wiring.WITNESS])}
    open_to_others.update(place for each in outbox for place in eml.exposed(each))
    # Whoever cannot enter a folder cannot read what is in it.
    outer = [each for each in sorted(open_to_others) if open_to_others.isdisjoint(each.parents)]
    named = instance.environ.get("TIDINGS_SECRET_KEY_FILE")
    always = [state.with_name("secret.key"), state] if not _is_closed(instance) else []
    always[1:1] = [Path(named)] if named else []
    for place in dict.fromkeys([*(each for each in always if each.is_file()), *outer]):
        shown = _shown(instance, place) + ("/" if place.is_dir() else "")
        yield checkup.kept_secret(shown, machine.mode(place))


def in_git(instance: Instance) -> Iterator[Finding]:
    """Whether Git has any of that, or would take it."""
    state = instance.state_path
    places = [*files_of(state), *_named(instance), *_outbox(instance)]
    places += [state.parent] if is_apart(state) else []
    # The witness, its successor while it is written, and copies of the state that were cut short.
    places += [instance.root / wiring.WITNESS, *instance.root.glob(".tidings-*")]
    found = list(git.held(places))
    tracked = sorted({_shown(instance, file) for each in found for file in each.tracked})
    unignored = sorted({_shown(instance, file) for each in found for file in each.unignored})
    if tracked:
        yield checkup.tracked(tracked)
    if unignored:
        yield checkup.unignored(unignored)
    for reason in dict.fromkeys(each.refused for each in found if each.refused):
        yield checkup.not_looked_at(reason)
    if not any((each.tracked, each.unignored, each.refused) != ((), (), "") for each in found):
        yield checkup.clean()


def _named(instance: Instance) -> list[Path]:
    """The files that the environment names for secrets."""
    names = ("TIDINGS_SECRET_KEY_FILE", "TIDINGS_SMTP_PASSWORD_FILE")
    return [Path(instance.environ[name]) for name in names if instance.environ.get(name)]


def _outbox(instance: Instance) -> list[Path]:
    return [instance.outbox] if instance.settings.mail.folder else []


def room(instance: Instance) -> Iterator[Finding]:
    """What is left on each file system that we write to."""
    there = not _is_closed(instance) and instance.state_path.is_file()
    size = instance.state_path.stat().st_size if there else 0
    seen: set[int] = set()
    for folder in _written(instance):
        device = machine.device(folder)
        if device not in seen:
            seen.add(device)
            yield checkup.room(_shown(instance, folder), machine.room(folder), size)


def _written(instance: Instance) -> list[Path]:
    return [instance.state_path.parent, instance.root / wiring.PUBLISHED, *_outbox(instance)]


def _shown(instance: Instance, place: Path) -> str:
    """A place as seen from the instance."""
    for root in (instance.root, instance.root.resolve()):
        if place.is_relative_to(root):
            place = place.relative_to(root)
            break
    return str(place)
