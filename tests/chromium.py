"""A page in a real browser that stays open, asked over a pipe (Chrome DevTools Protocol)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --hide-scrollbars "
    "--disable-background-networking --disable-component-update --disable-sync "
    "--remote-debugging-pipe"
)


class Tab:
    """A tab: what it is told, and what it answers. Messages end in NUL, both ways."""

    def __init__(self, write: int, read: int) -> None:
        self._write = write
        self._read = read
        self._buffer = b""
        self._number = 0
        self._events: list[str] = []
        target = self.tell("Target.createTarget", url="about:blank")["targetId"]
        attached = self.tell("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        self.tell("Page.enable")

    _session: str | None = None

    def tell(self, method: str, **parameters: object) -> dict[str, Any]:
        self._number += 1
        said: dict[str, object] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            said["sessionId"] = self._session
        os.write(self._write, json.dumps(said).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                result: dict[str, Any] = answer["result"]
                return result

    def run(self, script: str) -> Any:
        """The value of a script, once it is there."""
        found = self.tell(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def wait_for(self, condition: str, seconds: float = 20) -> float:
        """Wait until a condition holds in the page; in how many milliseconds it came to hold."""
        script = """new Promise((done, failed) => {
          const begun = performance.now(), look = () => {
            if (%s) done(performance.now() - begun);
            else if (performance.now() - begun > %d) failed(new Error("waited in vain"));
            else setTimeout(look, 20);
          }; look(); })"""
        return float(self.run(script % (condition, seconds * 1000)))

    def go(self, address: str) -> None:
        """Open a page, and wait until it is wholly there."""
        self._events.clear()
        answer = self.tell("Page.navigate", url=address)
        assert "errorText" not in answer, (address, answer)
        self._until("Page.loadEventFired")

    def press(self, selector: str) -> None:
        """Click on what leads to another page, and wait until that is wholly there."""
        self._events.clear()
        self.run(f"document.querySelector({json.dumps(selector)}).click()")
        self._until("Page.loadEventFired")

    def look(self, width: int, scheme: str = "light", height: int = 900) -> None:
        """See pages as on a screen of that width, in the scheme that its owner prefers."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.tell("Emulation.setDeviceMetricsOverride", **size)
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self.tell("Emulation.setEmulatedMedia", features=[feature])

    def speak(self, language: str) -> None:
        """Ask for pages in a language from now on."""
        self.tell("Network.enable")
        self.tell("Network.setExtraHTTPHeaders", headers={"Accept-Language": language})

    def _until(self, event: str) -> None:
        while event not in self._events:
            self._next()

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            got = os.read(self._read, 1 << 20)
            assert got, "the browser has ended"
            self._buffer += got
        message, self._buffer = self._buffer.split(b"\0", 1)
        found: dict[str, Any] = json.loads(message)
        if "method" in found:
            self._events.append(found["method"])
        return found


@contextmanager
def opened(profile: Path, *flags: str) -> Iterator[Tab]:
    """A browser with one tab, ended afterwards."""
    into_read, into_write = os.pipe()
    from_read, from_write = os.pipe()

    def places() -> None:
        # The browser reads from descriptor 3 and writes to 4.
        kept = os.dup(into_read), os.dup(from_write)
        os.dup2(kept[0], 3)
        os.dup2(kept[1], 4)

    browser = subprocess.Popen(
        [str(CHROMIUM), *FLAGS.split(), *flags, f"--user-data-dir={profile}"],
        preexec_fn=places,  # noqa: PLW1509 (nothing but descriptors is touched)
        close_fds=False,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(into_read)
    os.close(from_write)
    try:
        yield Tab(into_write, from_read)
    finally:
        browser.terminate()
        browser.wait(20)
        os.close(into_write)
        os.close(from_read)
