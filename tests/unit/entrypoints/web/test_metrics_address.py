"""The figures on an address of their own, which the public does not reach."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tests.web_site import SmallSite
from tidings.core.settings.values import InvalidValue, check_listening
from tidings.entrypoints import wiring
from tidings.entrypoints.web.app_state import AppState
from tidings.entrypoints.web.server import beside, listen


def test_figures_have_an_address_of_their_own_where_one_is_named(tmp_path: Path) -> None:
    site = SmallSite(tmp_path)
    config = tmp_path / "config" / "tidings.yaml"
    config.write_text(config.read_text("utf-8") + "worker: {metrics: '127.0.0.1:0'}\n", "utf-8")
    site.instance = wiring.load_instance(tmp_path, {})
    state = AppState(site.instance, lambda: site.store)
    with listen("127.0.0.1", 0) as free:
        port = free.getsockname()[1]
    state.metrics_at = f"127.0.0.1:{port}"
    with beside(state, "127.0.0.1", 0) as address:
        own = f"http://127.0.0.1:{port}"
        assert "tidings_items" in httpx.get(f"{own}/metrics", timeout=20).text
        for path in ("/", "/atom.xml", "/subscribe", "/metrics/", "/healthz"):
            answer = httpx.get(f"{own}{path}", timeout=20)
            assert (answer.status_code, answer.text[:16]) == (404, "Here is /metrics")
        assert httpx.get(f"{address}/metrics", timeout=20).status_code == 404
        assert httpx.get(f"{address}/healthz", timeout=20).status_code == 200
    site.store.close()


@pytest.mark.parametrize("wrong", ["9100", "127.0.0.1", "127.0.0.1:99999", "a b:1", "http://x:1"])
def test_what_is_no_address_to_listen_on_is_refused(wrong: str) -> None:
    with pytest.raises(InvalidValue, match="listen"):
        check_listening(wrong)
