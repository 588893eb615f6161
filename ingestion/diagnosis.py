"""Why no broker answers: what a bare connection to its address meets. Clients of Kafka only say that they gave up."""

from __future__ import annotations

import contextlib
import socket
import ssl

_SECONDS = 2.0
# The broker's word on a certificate comes after the handshake (TLS 1.3), if it comes at all.
_ALERT_SECONDS = 0.3
_ABOUT_OURS = ("CERTIFICATE_REQUIRED", "HANDSHAKE_FAILURE", "BAD_CERTIFICATE", "UNKNOWN_CA", "CERTIFICATE_UNKNOWN")
_PROTOCOL = "is CONSENT_KAFKA_SECURITY_PROTOCOL right?"


def why_unreachable(servers: str, context: ssl.SSLContext | None) -> str | None:
    """One phrase about the first of `servers`: no such name, its certificate is not trusted; None: nothing is wrong."""
    address = servers.split(",", maxsplit=1)[0]
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    try:
        connection = socket.create_connection((host, int(port)), _SECONDS)
    except (ValueError, OverflowError):
        return "expected host:port[,host:port…]"
    except TimeoutError:
        return f"nothing answers at {address}"
    except OSError as error:
        return f"cannot connect to {address} ({error.strerror or error}); is the broker running there?"
    with connection:
        return _tls_trouble(connection, host, context) if context else None


def _tls_trouble(connection: socket.socket, host: str, context: ssl.SSLContext) -> str | None:
    try:
        with context.wrap_socket(connection, server_hostname=host) as secured:
            secured.settimeout(_ALERT_SECONDS)
            with contextlib.suppress(TimeoutError):
                secured.recv(1)
    except ssl.SSLCertVerificationError as error:
        return f"its TLS certificate is not trusted ({error.verify_message}); check CONSENT_KAFKA_SSL_CAFILE"
    except ssl.SSLError as error:
        if any(word in (error.reason or "") for word in _ABOUT_OURS):
            return f"it wants a TLS certificate that it trusts ({error.reason}); check CONSENT_KAFKA_SSL_CERTFILE"
        return f"no TLS handshake ({error.reason}); {_PROTOCOL}"
    except OSError as error:
        return f"it ended the TLS handshake ({error.strerror or error}); {_PROTOCOL}"
    return None
