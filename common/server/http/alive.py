"""Whether a local app serves: asked often and early, so with nothing that takes long to load."""

import ssl
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from common.server.destinations import THIS_MACHINE, Destinations

_PATIENCE = 2.0


def answers(url: str, destinations: Destinations = THIS_MACHINE) -> bool:
    """Whether a GET gets an answer that is no server error. Certificates are not checked: it is our own process.

    Raises NotOnThisMachine.
    """
    destinations.check_url(url)
    address = urlsplit(url)
    connection: HTTPConnection
    if address.scheme == "https":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection = HTTPSConnection(address.netloc, timeout=_PATIENCE, context=context)
    else:
        connection = HTTPConnection(address.netloc, timeout=_PATIENCE)
    try:
        connection.request("GET", address.path)
        return connection.getresponse().status < 500
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
