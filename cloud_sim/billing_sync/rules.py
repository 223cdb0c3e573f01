"""What the cloud tells an owner of the billing sync token. Pure. Source: spec/screens.md C5."""

from datetime import datetime


def days_unseen(rotated: datetime, last_sync: datetime | None, now: datetime) -> int | None:
    """Days since a rotation that the instance has not synced after; None = it has, or never synced at all."""
    if last_sync is None or last_sync > rotated:
        return None
    return (now - rotated).days
