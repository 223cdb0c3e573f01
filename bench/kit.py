"""The kit: `wardenloop serve` against `moto_server`, a clean world for a test against `mock_aws`."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import boto3
import psutil
from moto import mock_aws

from bench.measure import Cost, Memory, Result, alternate, median, timed
from bench.processes import MOTO, cpu_seconds, memory_of_moto, resident, started_moto
from wardenloop.server import Server
from wardenloop.stack import Stack


def serve_starts() -> Result:
    """From starting the process until it says that everything answers; its world was built before."""

    def ours() -> Cost:
        cost: list[Cost] = []
        go = timed(lambda: cost.append(_cost_of_a_start()))
        took = go()
        return Cost(took.wall, cost[0].cpu)

    mine, theirs = alternate(ours, started_moto, 5)
    return Result("`serve`: everything in one process, ready", mine, 2.0, theirs, MOTO)


def _cost_of_a_start() -> Cost:
    with Server() as server:
        return Cost(0, cpu_seconds(psutil.Process(server.pid)) * 1000)


def memory_of_serve() -> Result:
    """Resident memory after one organization and its licence."""
    with _served() as stack:
        stack.cloud.organization("Acme").download_license()
        mine = resident(psutil.Process(stack.server.pid))
    return Result(
        "memory of `serve` after use", Memory(mine), 2.0, Memory(memory_of_moto()), "moto_server after one call"
    )


def reset_of_serve() -> Result:
    """`POST /_sim/reset` after something was changed, until it is answered."""
    with _served() as stack:
        own = psutil.Process(stack.server.pid)
        costs = []
        for _ in range(30):
            stack.cloud.installation()
            costs.append(timed(stack.server.reset, lambda: cpu_seconds(own))())
    return Result("`POST /_sim/reset` of `serve`", median(costs[5:]), 0.02)


def clean_world() -> Result:
    """What the fixture does before a test, and one call; beside moto's decorator with one call."""
    os.environ |= {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": "us-east-1"}

    def reference() -> None:
        with mock_aws():
            boto3.client("s3").create_bucket(Bucket="bucket-one")

    with _served() as stack:
        own = psutil.Process(stack.server.pid)

        def ours() -> None:
            stack.begin()
            stack.cloud.installation()

        mine, theirs = alternate(timed(ours, lambda: cpu_seconds(own)), timed(reference), 25)
    return Result(
        "clean world for a test, over the kit, one call", mine, 0.5, theirs, "mock_aws: enter, one call, exit"
    )


@contextmanager
def _served() -> Iterator[Stack]:
    with Server() as server:
        yield Stack(server)
