"""A proxy in front of a right server that bends what passes: one mutation, in the answers of one operation.

In memory (`prove.py`) thousands are cheap; this is how a wrong server looks to the runner, and to a client of yours.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from wardenloop.contract.mutants import mutants_of
from wardenloop.contract.target import Answer, Sent, Target

_NOT_PASSED_ON = {"host", "connection", "content-length", "accept-encoding", "transfer-encoding"}
_NOT_PASSED_BACK = {"connection", "content-length", "transfer-encoding", "content-encoding", "date", "server"}


@contextmanager
def bent(target: Target, path: str, kind: str, place: str) -> Iterator[str]:
    """The address of a server like the target, wrong in one thing: what `mutants_of` calls `kind` at `place`.

    path: a regular expression for the paths whose answers are bent.
    """

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            """One exchange."""
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name: value for name, value in self.headers.items() if name.lower() not in _NOT_PASSED_ON}
            answer = target.ask(Sent(self.command, self.path, headers, {"data": body} if body else {}))
            self._tell(_bent(answer, kind, place) if re.search(path, self.path) else answer)

        def _tell(self, answer: Answer) -> None:
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                if name not in _NOT_PASSED_BACK:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_: Any) -> None:
            """Nobody reads it."""

        do_GET = do_POST = do_PUT = do_DELETE = handle_any

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _bent(answer: Answer, kind: str, place: str) -> Answer:
    """The mutant of this name, of answers that have such; others as they are."""
    return next((each.answer for each in mutants_of(answer) if (each.kind, each.what) == (kind, place)), answer)
