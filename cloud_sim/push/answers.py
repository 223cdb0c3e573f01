"""Calls of the push relay as the control routes tell them."""

from cloud_sim.push.models import PushCall
from common.wire import control


def call(row: PushCall) -> control.PushCall:
    """One call."""
    return control.PushCall(
        action=row.action, installation_id=row.installation_id, target=row.target, body=row.body, date=row.date
    )
