"""What a snapshot may be called, what is refused, and how a world moves to other addresses. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from common.errors import Refusal, bad_request, conflict

SEED = "seed"
"""The snapshot that `up` takes right after the first world was made, and `reset` goes back to."""

BLANK = "blank"
"""The stack before anything was installed: what a world is built on."""

BACK = "before-world"
"""What was there before a world was applied, until it is there."""

OWN = (SEED, BLANK, BACK)

BUILDING = "world.lock"
"""File of a home that is locked while a world is built on it."""

RULE = "sim.snapshot"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def checked_name(name: str) -> str:
    """A name that can be a file's. Errors: 400."""
    if not _NAME.fullmatch(name):
        text = f"{name!r} is no name for a snapshot: letters, digits, dots, dashes and underscores, 64 at most."
        raise bad_request(text, rule=RULE)
    return name


def own_name(name: str) -> str:
    """A name that a person may give or take away. Errors: 400, 409 one of ours."""
    if checked_name(name).lower() in OWN:
        raise conflict(f"`{name}` is wardenloop's own, as what `reset` goes back to; choose another name.", rule=RULE)
    return name


def unknown(name: str, known: list[str]) -> Refusal:
    """404 that says which there are."""
    listed = ", ".join(known) or "none yet"
    return Refusal(404, f"There is no snapshot {name}. Known: {listed}.", rule=RULE)


def no_seed() -> Refusal:
    """409: the world was made by a version that took none."""
    return conflict(
        "There is no snapshot of the seed. `wardenloop up --fresh` makes a new world and takes it.", rule=RULE
    )


def no_blank() -> Refusal:
    """409: nothing to build a world on."""
    text = "This home has no blank state to build a world on. `wardenloop up --fresh --world NAME` makes one."
    return conflict(text, rule=RULE)


def other_schema(part: str, found: str, here: str) -> Refusal:
    """409: the tables are others."""
    text = f"The snapshot's database of {part} has schema {found}, this version of wardenloop has {here}."
    return conflict(f"{text} Nothing was changed.", rule=RULE)


def broken_configuration(path: object, why: object) -> Refusal:
    """409: nobody can say what the instance runs with."""
    text = f"The instance's configuration in effect cannot be read: {path}: {why}."
    return conflict(f"{text} Nothing was changed. `wardenloop selfhost restart` writes it anew.", rule=RULE)


def no_database(app: str, why: object) -> Refusal:
    """409: what is configured as its database is none."""
    return conflict(f"The database of {app} cannot be reached: {why} Nothing was changed.", rule=RULE)


def broken(name: str, what: str) -> Refusal:
    """409: a part is missing or is no longer what it was."""
    return conflict(f"Snapshot {name} is not whole: {what}. Nothing was changed.", rule=RULE)


def shared_database(app: str) -> Refusal:
    """409: a fork would not be one."""
    return conflict(f"The database of {app} is on a server: both homes would share it. Nothing was changed.", rule=RULE)


def other_scheme() -> Refusal:
    """409: what speaks https is configured otherwise."""
    text = "The snapshot is of a stack that speaks https and this one does not, or the other way round."
    return conflict(f"{text} Nothing was changed.", rule=RULE)


def busy(who: str) -> Refusal:
    """409: a request or job does not come to its end."""
    text = f"{who} is still busy with a request or a job. Nothing was changed; try again in a moment."
    return conflict(text, rule=RULE)


def building() -> Refusal:
    """409: what is there is half a world."""
    text = "A world is being built here, or another snapshot is being brought. Nothing was changed; wait for its end."
    return conflict(text, rule=RULE)


def no_room(needed: int, free: int) -> Refusal:
    """507: the disk is full."""
    text = f"{needed // 1024} KB are needed on the disk and {free // 1024} KB are free. Nothing was changed."
    return Refusal(507, text, rule=RULE)


def failed(reason: object) -> Refusal:
    """500: something went wrong on the way, and what was there is there again."""
    return Refusal(500, f"It could not be done: {reason}. Nothing was changed.", rule=RULE)


def moves(there: Mapping[str, Any], here: Mapping[str, Any]) -> dict[str, str]:
    """What is written differently where a world goes, by what is written where it comes from; longest first.

    there, here: `home`, and addresses by name. Only what both have and what differs.
    """
    pairs = {
        str(there[name]): str(here[name]) for name in there if name in here and there[name] not in ("", here[name])
    }
    return {text: pairs[text] for text in sorted(pairs, key=len, reverse=True)}


def moved(blocks: Iterable[bytes], changed: Mapping[str, str]) -> Iterator[bytes]:
    """The same text with other addresses in it, each replaced once and none twice, wherever the blocks end."""
    if not changed:
        yield from blocks
        return
    words = {text.encode(): other.encode() for text, other in changed.items()}
    ends = rb"(?![0-9A-Za-z._-])"  # so that :8401 is not found in :84012, nor a folder in one whose name goes on
    pattern = re.compile(b"|".join(re.escape(word) + ends for word in words))
    longest = max(map(len, words))
    text = b""
    for block in blocks:
        text += block
        sure = len(text) - longest  # what begins before this is here whole, and what follows it, too
        pieces, at = [], 0
        for found in pattern.finditer(text):
            if found.start() >= sure:
                break
            pieces += [text[at : found.start()], words[found[0]]]
            at = found.end()
        rest = max(at, sure, 0)
        yield b"".join((*pieces, text[at:rest]))
        text = text[rest:]
    yield pattern.sub(lambda found: words[found[0]], text)
