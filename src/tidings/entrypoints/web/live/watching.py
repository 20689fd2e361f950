"""Follows the files of an instance: one board after the other, each made in a thread.

One task makes all boards, so that an old one never comes after a newer, and whatever is saved while
one is being made leads to one more, not to several.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from pathlib import Path

from tidings.adapters.config import inspect
from tidings.application.ports import Clock
from tidings.core.settings import Settings
from tidings.entrypoints.drafting import Board, Stamps, checked, drawn, stamps
from tidings.entrypoints.web.live.screen import Screen

log = logging.getLogger(__name__)

LOOK_EVERY = 0.25
SETTLE = 0.05


class Watch:
    """The newest screen of an instance, with a number that goes up with each."""

    def __init__(self, root: Path, environ: Mapping[str, str], clock: Clock) -> None:
        self._root = root
        self._environ = environ
        self._clock = clock
        self._changed = asyncio.Condition()
        self._stamps: Stamps | None = None
        self._settings: Settings | None = None
        self._board: Board | None = None
        self._screen: Screen | None = None
        self.version = 0
        self.closing = False

    async def screen(self) -> Screen:
        """The newest screen; the first is waited for."""
        async with self._changed:
            while self._screen is None:
                await self._changed.wait()
            return self._screen

    async def newer_than(self, version: int, seconds: float) -> int:
        """The number of the newest screen, as soon as it is higher, or after so many seconds."""
        try:
            async with asyncio.timeout(seconds), self._changed:
                await self._changed.wait_for(lambda: self.version > version)
        except TimeoutError:
            pass
        return self.version

    async def follow(self) -> None:
        """Look at the files again and again until cancelled."""
        self._settings = (await asyncio.to_thread(inspect, self._root, self._environ)).settings
        while True:
            seen = await asyncio.to_thread(self._look)
            if seen == self._stamps:
                await asyncio.sleep(LOOK_EVERY)
                continue
            # An editor may write in two goes: what it did is taken once it stands still.
            await asyncio.sleep(SETTLE if self._stamps is not None else 0)
            if self._stamps is not None and seen != await asyncio.to_thread(self._look):
                continue
            self._stamps = seen
            board = await asyncio.to_thread(self._draw)
            screen = Screen(board, self._clock, self._screen)
            await self._show(board, screen)
            if await asyncio.to_thread(self._look) == seen:
                more = await asyncio.to_thread(checked, board, self._environ)
                await self._show(more, screen.with_board(more))

    def _look(self) -> Stamps:
        return stamps(self._root, self._settings)

    def _draw(self) -> Board:
        return drawn(self._root, self._environ, self._clock, self._board)

    async def _show(self, board: Board, screen: Screen) -> None:
        async with self._changed:
            self._board, self._screen = board, screen
            if board.in_force:
                self._settings = board.in_force.instance.settings
            self.version += 1
            self._changed.notify_all()
