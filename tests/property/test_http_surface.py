"""Whatever is sent to it, the service answers, and never with a fault of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.asgi import Client
from tests.web_site import sample_app_state
from tidings.core.tokens import FORM, JOINING, MEMBER, form
from tidings.entrypoints.web.app import application

TEXT = st.text(max_size=60)
ADDRESSES = st.sampled_from(["ana@example.org", "a@b.example", "Ñandú@example.org"]) | TEXT
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT, lambda inner: st.lists(inner, max_size=4)
)
FIELDS = st.dictionaries(
    st.sampled_from(["act", "address", "topics", "language", "form", "website", "x"]) | TEXT,
    st.sampled_from(["save", "leave", "pause", "resume", "mexico", "en", "SEAL"]) | ADDRESSES,
    max_size=6,
)
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "accept-encoding": st.sampled_from(["gzip", "gzip;q=x", ",;,", "*;q=0"]),
        "if-none-match": st.sampled_from(['"x"', "*", "W/", '"']),
        "if-modified-since": st.sampled_from(
            ["0", "Thu, 01 Jan 1970 00:00:00 GMT", "-1", "x" * 99]
        ),
        "content-type": st.sampled_from(["text/plain", "multipart/form-data; boundary=x", "x"]),
        "sec-fetch-site": st.sampled_from(["cross-site", "none", "x"]),
        "range": st.just("bytes=5-1"),
        "host": st.sampled_from(["", "x", "[::1"]),
    },
)


class Service:
    """An open instance, asked again and again."""

    def __init__(self, folder: Path) -> None:
        self.app_state = sample_app_state(folder)
        self.pages = Client(application(self.app_state))

    def token(self, purpose: str, values: object) -> str:
        if isinstance(values, str):
            return "".join(c for c in values if c.isascii() and c.isalnum())
        signed = values if isinstance(values, list) else [values]
        return self.app_state.signer.sign(purpose, signed)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    made = Service(tmp_path_factory.mktemp("surface"))
    yield made
    made.app_state.close()


CAREFREE = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@CAREFREE
@given(
    method=st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "X"]),
    path=st.lists(
        st.sampled_from(
            ["", "atom.xml", "topics", "subscribe", "weekly", "leave", "choices", "confirm",
             "healthz", "metrics", "service.css", "..", ".", "%00", "%2e%2e", "%ff", "a" * 300]
        ) | st.text(st.characters(codec="ascii", exclude_characters="?#"), max_size=8),
        max_size=4,
    ),
    headers=HEADERS,
    body=st.binary(max_size=200),
)  # fmt: skip
def test_no_request_finds_a_fault_of_the_service(
    service: Service, method: str, path: list[str], headers: dict[str, str], body: bytes
) -> None:
    answer = service.pages.ask(method, "/" + "/".join(path), headers, body)
    assert answer.status_code < 500


@CAREFREE
@given(
    purpose=st.sampled_from([("leave", MEMBER), ("choices", MEMBER), ("confirm", JOINING)]),
    values=VALUES
    | st.tuples(st.just("weekly"), ADDRESSES).map(list)
    | st.tuples(
        st.just("weekly"), ADDRESSES, st.none() | TEXT, st.none() | TEXT, st.integers()
    ).map(list),
    fields=FIELDS,
    headers=HEADERS,
)
@example(("confirm", JOINING), ["weekly", "a@b.c", None, None, 10**30], {}, {})
def test_no_token_and_no_form_finds_a_fault_of_the_service(
    service: Service,
    purpose: tuple[str, str],
    values: object,
    fields: dict[str, str],
    headers: dict[str, str],
) -> None:
    place, signed_for = purpose
    path = f"/{place}/{service.token(signed_for, values)}"
    assert service.pages.get(path, headers).status_code < 500
    assert service.pages.post(path, fields, headers).status_code < 500


@CAREFREE
@given(fields=FIELDS, topics=st.lists(st.sampled_from(["mexico", "none"]) | TEXT, max_size=3))
def test_no_wish_finds_a_fault_of_the_service(
    service: Service, fields: dict[str, str], topics: list[str]
) -> None:
    token = service.app_state.signer.sign(FORM, form("weekly", service.app_state.clock.now()))
    said = {**fields, "topics": topics, "form": token}
    assert service.pages.post("/subscribe/weekly", said).status_code < 500
