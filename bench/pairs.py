"""A fresh pair for one test against moto's `mock_aws`; the licence loop in process against its signatures."""

import os
from contextlib import closing
from pathlib import Path

import boto3
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from moto import mock_aws

from bench.measure import Result, alternate, timed
from common.clock import ManualClock
from common.crypto.certificates import load_or_create
from tests.conftest import make_pair
from tests.support.harness import START, Workshop
from tests.support.scenarios import license_loop
from tests.support.shelf import Shelf

LICENSE_SIGNATURES = 4
"""Two licences (download, sync), each a file signature and a token."""


def fresh_pair(directory: Path) -> Result:
    """Both sides empty, an owner signed in on each."""
    os.environ |= {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": "us-east-1"}

    shelf = shelf_in(directory)

    def ours() -> None:
        with closing(Workshop(shelf, ManualClock(START))) as workshop:
            make_pair(workshop)

    def reference() -> None:
        with mock_aws():
            boto3.client("s3").create_bucket(Bucket="bucket-one")

    mine, theirs = alternate(timed(ours), timed(reference), 25)
    return Result("clean pair in process, signed in", mine, 0.2, theirs, "mock_aws: enter, one call, exit")


def whole_loop(directory: Path) -> Result:
    """Steps 1-4 of the document for one organization, in process, no key derivation."""
    certificate = load_or_create(directory / "certificate")
    with closing(Workshop(shelf_in(directory), ManualClock(START))) as workshop:
        pair = make_pair(workshop)
        access_token_key = pair.cloud.app.extensions["wardenloop"].signing_key.private
        signers = [certificate.private_key] * LICENSE_SIGNATURES + [access_token_key]

        def reference() -> None:
            for key in signers:
                key.sign(b"x" * 1200, padding.PKCS1v15(), hashes.SHA256())

        mine, theirs = alternate(timed(lambda: license_loop(pair)), timed(reference), 25)
    return Result(
        "the licence loop in process", mine, 3.5, theirs, f"{LICENSE_SIGNATURES} RSA-4096 signatures and one RSA-2048"
    )


def shelf_in(directory: Path) -> Shelf:
    """What workshops there share."""
    return Shelf(directory / "shelf", directory / "certificate")
