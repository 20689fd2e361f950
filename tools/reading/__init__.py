"""Tools that train the reader of listings. Nothing of this is part of the package.

One thread for linear algebra: sums are then taken in the same order on every machine, so that the
same training gives the same weights; and on two busy cores a fit takes a tenth of the time, since
its vectors are too short to be worth sharing out (9.4 s against 0.9 s for forty texts).
"""

from __future__ import annotations

import os

for _library in ("OPENBLAS", "OMP", "MKL", "VECLIB_MAXIMUM"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")
