"""A Python that finds this on its path at its start lives 400 days later."""

from datetime import UTC, datetime, timedelta

import time_machine

then = datetime.now(UTC) + timedelta(days=400)  # noqa: TID251 - nobody else may look at a clock
time_machine.travel(then, tick=True).start()
