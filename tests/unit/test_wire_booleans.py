"""Booleans of request bodies: JSON's own two, and nothing that only reads like one."""

from typing import Any

import pytest

from common.errors import Refusal
from common.wire.accounts import VerifyDevices
from common.wire.base import WireRequest


class Switches(WireRequest):
    """A body with both kinds."""

    on: bool = False
    maybe: bool | None = None


@pytest.mark.parametrize("value", ["true", "True", "false", "1", "yes", "", 1, 0, 1.0, [], {}])
@pytest.mark.parametrize("name", ["on", "maybe", "ON"])
def test_what_is_no_boolean_is_refused(name: str, value: Any) -> None:
    with pytest.raises(Refusal) as refused:
        Switches.read({name: value})
    path = f"$.{name.lower()}"
    text = f"The JSON value could not be converted. Path: {path} | LineNumber: 0 | BytePositionInLine: 0."
    assert refused.value.validation_errors == {path: [text]}


def test_booleans_are_taken() -> None:
    read = Switches.read({"On": True, "maybe": False})
    assert (read.on, read.maybe) == (True, False)
    assert Switches.read({"maybe": None}).maybe is None


def test_null_is_no_boolean_where_one_is_needed() -> None:
    with pytest.raises(Refusal):
        Switches.read({"on": None})


def test_bodies_of_ours_are_held_to_it() -> None:
    with pytest.raises(Refusal) as refused:
        VerifyDevices.read({"masterPasswordHash": "x", "verifyDevices": "false"})
    assert set(refused.value.validation_errors or {}) == {"$.verifyDevices"}
