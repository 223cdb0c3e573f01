"""Subscriptions keep up with the clock before a request looks at them."""

from flask import request

from cloud_sim.context import context
from cloud_sim.subscriptions import settling
from common.server.app import READING_METHODS
from common.server.transaction import own_transaction


def pass_time() -> None:
    """Let subscriptions catch up with the clock before anything is looked at."""
    ctx = context()
    if request.method in READING_METHODS:
        settling.foresee_due(ctx, ctx.clock.now())
    elif settling.is_due(ctx, ctx.clock.now()):
        with own_transaction(ctx.session):
            settling.settle_due(ctx, ctx.clock.now())
