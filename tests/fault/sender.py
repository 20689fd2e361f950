"""A process that delivers what waits, as `tidings run` does, with a lease that a test can outlast.

python -m tests.fault.sender INSTANCE LEASE_SECONDS
"""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from pathlib import Path

from tidings.application.deliver import DeliverReport, deliver
from tidings.entrypoints import wiring


def send(root: Path, lease: timedelta) -> DeliverReport:
    """Deliver until nothing is due."""
    instance = wiring.load_instance(root, os.environ)
    store = wiring.open_state(instance)
    try:
        return deliver(wiring.services(instance, store, wiring.clock()), lease=lease)
    finally:
        store.close()


if __name__ == "__main__":
    report = send(Path(sys.argv[1]), timedelta(seconds=float(sys.argv[2])))
    print(f"sent={report.sent} closed={report.closed}", flush=True)
