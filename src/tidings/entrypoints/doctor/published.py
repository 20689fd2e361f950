"""What is published, against what the state says of it."""

from __future__ import annotations

from collections.abc import Iterator

from tidings.adapters.outlet.folder import OutputFolder
from tidings.adapters.store import is_held
from tidings.application.publish.plan import PUBLISHED_RUN
from tidings.core import checkup
from tidings.entrypoints import wiring
from tidings.entrypoints.wiring import Instance
from tidings.errors import TidingsError
from tidings.model import Finding, Level


def files(instance: Instance, *, deep: bool) -> Iterator[Finding]:
    """Sizes and modification times of all files; byte by byte, if `deep`."""
    try:
        with wiring.look_at_state(instance) as store, store.reading() as state:
            manifest = state.files.all()
            recorded, published = state.last_run(), int(state.note(PUBLISHED_RUN) or 0)
    except TidingsError:
        return  # the state itself has been told of
    outlet = OutputFolder(instance.root / wiring.PUBLISHED)
    missing = sorted(path for path, file in manifest.items() if not outlet.is_there(file))
    sound = outlet.is_intact if deep else outlet.stands
    gone = set(missing)
    altered = sorted(
        path for path, file in manifest.items() if path not in gone and not sound(file)
    )
    publishes, works = (
        is_held(instance.state_path.with_name(name)) for name in ("publish.lock", "worker.lock")
    )
    if publishes and (missing or altered or recorded > published):
        yield Finding("published", "somebody publishes", "ask again when that is done", Level.NOTE)
        return
    how = "their bytes" if deep else "size and modification time"
    yield checkup.standing(missing, altered, len(manifest), how)
    yield checkup.behind(recorded, published, worker=works)
