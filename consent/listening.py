"""Listening on an address, with errors that say what to do."""

from __future__ import annotations

import errno
import socket

from consent.errors import ConsentError


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0 takes a free one. Raises ConsentError where the address cannot be had."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=512)
    except socket.gaierror:
        raise ConsentError(f"{host}: not an address of this machine; expected one such as 127.0.0.1") from None
    except OverflowError:
        raise ConsentError(f"port {port}: expected 0 (any free port) to 65535") from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ConsentError(f"{host}:{port}: the port is in use; choose another with --port") from None
        raise ConsentError(f"{host}:{port}: cannot listen here: {error.strerror}") from None


def url(listener: socket.socket) -> str:
    """Where it listens."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
