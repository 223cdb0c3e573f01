"""Where the servers of a stack listen: on loopback, and where others shall reach them."""

LOOPBACK = "127.0.0.1"
ANY = "0.0.0.0"  # noqa: S104 - `up` takes it only with an address by which others come


def bind_of(host: str, port: int) -> str:
    """What a server binds that others reach at `host`: loopback too, which any address is. As gunicorn reads it."""
    hosts = (host,) if host in (LOOPBACK, ANY) else (LOOPBACK, host)
    return ",".join(f"{each}:{port}" for each in hosts)
