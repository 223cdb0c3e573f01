"""Requests at the same moment, each in a thread with a client of its own."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import requests

from tests.support.harness import Api, Person

Call = Callable[[Api], requests.Response]


def client_of(person: Person) -> Api:
    """Another client that is signed in as this person; sessions of `requests` are not for several threads."""
    client = person.side.new_client()
    client.headers["Authorization"] = person.api.headers["Authorization"]
    return client


def at_once(*calls: tuple[Person, Call]) -> Sequence[requests.Response]:
    """The answers, in the order of the calls."""
    together = threading.Barrier(len(calls))

    def make(call: tuple[Person, Call]) -> requests.Response:
        client = client_of(call[0])
        together.wait()
        return call[1](client)

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(make, calls))


def statuses(answers: Sequence[requests.Response]) -> list[int]:
    """Their statuses, sorted."""
    return sorted(answer.status_code for answer in answers)


def messages(answers: Sequence[requests.Response]) -> set[str]:
    """What the refused ones were told: the message, and what belongs to fields."""
    told: set[str] = set()
    for answer in answers:
        if answer.status_code >= 400:
            body = answer.json()
            errors = body["validationErrors"] or {}
            told |= {text for texts in errors.values() for text in texts} or {body["message"]}
    return told
