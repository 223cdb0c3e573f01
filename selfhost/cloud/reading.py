"""What the cloud's answers are read with."""

import json


def json_object(content: bytes) -> dict[str, object]:
    """A JSON object; ValueError for anything else."""
    decoded = json_value(content)
    if not isinstance(decoded, dict):
        raise ValueError("not a JSON object")
    return decoded


def json_value(content: bytes) -> object:
    """Any JSON; ValueError for anything else, also for what is nested too deeply."""
    try:
        return json.loads(content)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
