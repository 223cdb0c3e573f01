"""Bodies of licence sync. Source: src/Core/Billing/Organizations/Models; spec/licensing.md 6.3."""

from common.wire.base import WireRequest


class LicenseSyncRequest(WireRequest):
    """What an installation must know of the organization; what is null or missing is judged, not refused as a body."""

    license_key: str | None = None
    billing_sync_key: str | None = None
