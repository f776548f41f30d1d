"""The moment of a build. Every page says it: a site that is built again a minute later differs by nothing else."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from zoneinfo import ZoneInfo


def now() -> datetime:
    """This moment, or SOURCE_DATE_EPOCH for builds that can be repeated."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if epoch and epoch.isdigit():
        return datetime.fromtimestamp(int(epoch), UTC)
    return datetime.now(UTC)


def told(built: datetime, zone: ZoneInfo) -> dict[str, str]:
    """What is said of it, each always equally long: `built` to machines, `hour` to readers, `stamp` in a calendar."""
    here = built.astimezone(zone)
    stamp = f"{built.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    return {"built": here.isoformat(timespec="minutes"), "hour": f"{here:%H:%M}", "stamp": stamp}
