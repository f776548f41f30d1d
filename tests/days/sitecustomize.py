"""Under `make test-days`: libfaketime refuses the call by which Python sleeps, so Python sleeps by another one."""

import select
import time


def sleep(seconds: float) -> None:
    """Wait, as time.sleep does."""
    select.select([], [], [], seconds)


time.sleep = sleep
