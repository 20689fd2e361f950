"""The settings of an instance, checked and complete: what the rest of Tidings is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from zoneinfo import ZoneInfo

from tidings.core.settings.site import Feeds, Limits, Mail, Privacy, Site, Source, Worker
from tidings.model import Digest, Recipient, Topic


def _no_lists() -> Mapping[str, tuple[Recipient, ...]]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that administrators decide. Topics and digests stand in their file's order."""

    site: Site
    sources: tuple[Source, ...] = (Source(path="seeds/*.txt"),)
    feeds: Feeds = field(default_factory=Feeds)
    state: str = "sqlite:///state/tidings.db"
    mail: Mail = field(default_factory=Mail)
    worker: Worker = field(default_factory=Worker)
    privacy: Privacy = field(default_factory=Privacy)
    limits: Limits = field(default_factory=Limits)
    aliases: tuple[tuple[str, ...], ...] = ()
    topics: tuple[Topic, ...] = ()
    digests: tuple[Digest, ...] = ()
    lists: Mapping[str, tuple[Recipient, ...]] = field(default_factory=_no_lists)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which days begin and digests fall due."""
        return ZoneInfo(self.site.time_zone)

    @property
    def state_path(self) -> str:
        """The file in `state`: relative to the instance, or absolute."""
        return self.state.removeprefix("sqlite:///")
