"""What the first publication into a bucket takes, against one into a folder.

    python -m benchmarks.bucket [--items 4000] [--topics 20] [--rounds 3]

The listings are recorded before, by a run that cannot publish, so that what is measured is making
all feeds and pages and putting them in place. The store is `rclone serve s3` on loopback, on
the same cores and in memory; the folder is on the disk, where files wait to be durable. Both take
turns, and the ratio is of the medians by the clock; it should be at most 1.5. Ends with 1, and says
why, where the bucket does not hold what the folder holds, byte by byte.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Mapping
from http.client import HTTPConnection
from pathlib import Path
from statistics import median

from benchmarks.instance import (
    ENTRIES,
    Cost,
    free_port,
    listing,
    make_instance,
    running,
    tidings,
)

from tidings.core.settings.bucket_address import parse_bucket
from tidings.entrypoints.buckets import open_bucket

QUIET = ("run", "--send", "none", "--json")
KEYS: Mapping[str, str] = {
    "AWS_ACCESS_KEY_ID": "tidings",
    "AWS_SECRET_ACCESS_KEY": "secret-of-the-benchmark",
}
BUCKET = "news"


def main() -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=4000)
    parser.add_argument("--topics", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch) / "news"
        recorded(root, given.items, given.topics)
        port = free_port()
        with running(rclone(port), port):
            make_bucket(port)
            pairs = [compared(root, port, number) for number in range(given.rounds)]
    folder, bucket = (median(cost.wall for cost in costs) for costs in zip(*pairs, strict=True))
    cpu = [median(cost.cpu for cost in costs) for costs in zip(*pairs, strict=True)]
    print(
        f"first publication of {given.items:,} items: folder {folder:.1f} s, "
        f"bucket {bucket:.1f} s, ratio {bucket / folder:.2f}; "
        f"CPU {cpu[0]:.1f} and {cpu[1]:.1f} s"
    )


def recorded(root: Path, items: int, topics: int) -> None:
    """An instance whose listings are recorded, and nothing published."""
    files = range(max(items // ENTRIES, 1))
    make_instance(root, topics, {f"{n:06}.txt": listing(n, topics) for n in files})
    nowhere = f"s3://{BUCKET}/site?endpoint=http://127.0.0.1:{free_port()}"
    tidings(root, *QUIET, codes=(1,), TIDINGS_PUBLISH=nowhere, **KEYS)


def rclone(port: int) -> list[str]:
    """The command of a store on that port. Ends the benchmark if there is none."""
    places = (Path(sys.prefix) / "stores" / "bin", Path(sys.executable).parent)
    beside = [str(each / "rclone") for each in places if (each / "rclone").exists()]
    program = beside[0] if beside else shutil.which("rclone")
    if program is None:
        sys.exit("rclone is not installed: make stores")
    # Without keys of its own the store lets everybody make a bucket.
    return [program, "serve", "s3", ":memory:", "--addr", f"127.0.0.1:{port}", "--config", ""]


def make_bucket(port: int) -> None:
    """Make the bucket. Ends the benchmark if the store does not."""
    connection = HTTPConnection("127.0.0.1", port)
    connection.request("PUT", f"/{BUCKET}")
    if (status := connection.getresponse().status) != 200:
        sys.exit(f"the store makes no bucket: {status}")
    connection.close()


def compared(root: Path, port: int, number: int) -> tuple[Cost, Cost]:
    """A first publication into a folder, and one into a bucket."""
    place = f"s3://{BUCKET}/{number}?endpoint=http://127.0.0.1:{port}"
    into_folder, into_bucket = (
        Path(shutil.copytree(root, root.with_name(f"{name}-{number}"))) for name in ("a", "b")
    )
    folder = tidings(into_folder, *QUIET)
    bucket = tidings(into_bucket, *QUIET, codes=(0,), TIDINGS_PUBLISH=place, **KEYS)
    wanted, found = contents(into_folder / "feeds"), objects(place)
    written = json.loads(bucket.told)["published"]["written"]
    if not wanted or found != wanted or written != len(wanted):
        sys.exit(
            f"the bucket holds {len(found)} objects of which {written} were written, "
            f"and the folder {len(wanted)} files, or they differ"
        )
    for each in (into_folder, into_bucket):
        shutil.rmtree(each)
    return folder, bucket


def contents(folder: Path) -> Mapping[str, bytes]:
    """The files below a folder, by path."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def objects(place: str) -> Mapping[str, bytes]:
    """The objects of a bucket, by path."""
    bucket = open_bucket(parse_bucket(place), KEYS)
    found = ((each.path, bucket.get(each.path, each.size)) for each in bucket.list())
    return {path: answer[1] for path, answer in found if answer}


if __name__ == "__main__":
    main()
