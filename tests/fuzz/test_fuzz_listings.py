from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.fuzz.fuzz_listings import read_anything
from tests.sampling import sampled

PIECES = st.sampled_from(
    [b"12 May 2021", b"2021-05-12", b"04/06/2020", b" - ", b" | ", b"\n", b"\n\n", b"A hub opens",
     b"Read more", b"[a](b)", b"### ", b"  * ", b'{"title": "a"}', b"[", b"]", b",", b'"',
     b"title,date\n", b"2 von 8 \xc2\xbb", b"\xe2\x94\x81" * 9, b"\xff", b"\x00", b"By Ana Mora"]
)  # fmt: skip


@sampled(100, 1_000)
@given(st.lists(PIECES, max_size=40).map(b"".join))
@example(b"")
def test_no_heap_of_pieces_makes_a_reader_raise(data: bytes) -> None:
    read_anything(data)


@sampled(100, 1_000)
@given(st.binary(max_size=400))
def test_no_bytes_make_a_reader_raise(data: bytes) -> None:
    read_anything(data)


@pytest.mark.skipif(find_spec("atheris") is None, reason="atheris is not installed")
def test_a_moment_of_coverage_guided_fuzzing_finds_nothing() -> None:
    target = Path(__file__).with_name("fuzz_listings.py")
    command = [sys.executable, str(target), "-max_total_time=10"]
    ended = subprocess.run(command, check=False, capture_output=True, timeout=120)
    assert ended.returncode == 0, ended.stderr.decode()[-2000:]
