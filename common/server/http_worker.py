"""gunicorn's threaded worker, without threads that wait for clients who say nothing.

Browsers open connections ahead of need. gunicorn gives each new connection a thread that waits for its first request:
five seconds, behind TLS for ever. A handful of silent connections stops everybody else.
"""

import errno
import select
import socket
import ssl
from functools import partial
from selectors import EVENT_READ
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

_LINGER = 2.0
"""Seconds after its last use that a connection is still kept while the worker stops."""


class PatientWorker(ThreadWorker):  # type: ignore[misc]
    """New connections wait in the poller, as used ones do between two requests: that costs no thread."""

    def accept(self, listener: socket.socket) -> None:
        """Somebody connects."""
        try:
            client, address = listener.accept()
        except OSError as error:
            if error.errno in (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK):
                return
            raise
        connection = TConn(self.cfg, client, address, listener.getsockname())
        connection.set_timeout()
        self.nr_conns += 1
        self.keepalived_conns.append(connection)
        self.poller.register(client, EVENT_READ, partial(self.on_client_socket_readable, connection))

    def handle(self, conn: Any) -> Any:
        """A client has something to say. True: wait in the poller for what it says next."""
        if not self.cfg.is_ssl or conn.initialized:
            return super().handle(conn)
        try:
            conn.init()
        except ssl.SSLError as error:
            if error.args[0] != ssl.SSL_ERROR_EOF:
                self.handle_error(None, conn.sock, conn.client, error)
            return False
        except OSError:
            return False
        return super().handle(conn) if _has_spoken(conn.sock) else True

    def _cap_keepalive(self, deadline: float) -> None:
        """The worker stops: whoever has been silent for a while is not waited for."""
        for connection in self.keepalived_conns:
            connection.timeout += min(0.0, _LINGER - self.cfg.keepalive)


def _has_spoken(connection: ssl.SSLSocket) -> bool:
    waiting = select.poll()
    waiting.register(connection, select.POLLIN)
    return connection.pending() > 0 or bool(waiting.poll(0))
