"""Why no broker answers: what a bare connection to its address meets. Clients of Kafka only say that they gave up."""

from __future__ import annotations

import contextlib
import socket
import ssl

_SECONDS = 2.0
# The broker's word on a certificate comes after the handshake (TLS 1.3), if it comes at all.
_ALERT_SECONDS = 0.3
_WANTS_CERTIFICATE = ("CERTIFICATE_REQUIRED", "HANDSHAKE_FAILURE", "BAD_CERTIFICATE", "UNKNOWN_CA")


def why_unreachable(servers: str, context: ssl.SSLContext | None) -> str:
    """One phrase about the first of `servers`: refused, no such name, no TLS there, certificate not trusted, …"""
    address = servers.split(",", maxsplit=1)[0]
    host, _, port = address.rpartition(":")
    try:
        connection = socket.create_connection((host.strip("[]"), int(port)), _SECONDS)
    except ValueError:
        return "expected host:port[,host:port…]"
    except TimeoutError:
        return f"nothing answers at {address}"
    except OSError as error:
        return f"cannot connect to {address}: {error.strerror or error}; is the broker running there?"
    with connection:
        return _tls_trouble(connection, host, address, context) if context else _answer_to_nothing(address)


def _answer_to_nothing(address: str) -> str:
    return f"something listens at {address}, but does not speak Kafka in clear text; is CONSENT_KAFKA_SECURITY_PROTOCOL right?"


def _tls_trouble(connection: socket.socket, host: str, address: str, context: ssl.SSLContext) -> str:
    try:
        with context.wrap_socket(connection, server_hostname=host) as secured:
            secured.settimeout(_ALERT_SECONDS)
            with contextlib.suppress(TimeoutError):
                secured.recv(1)
    except ssl.SSLCertVerificationError as error:
        return (
            f"the TLS certificate of {address} is not trusted: {error.verify_message}; check CONSENT_KAFKA_SSL_CAFILE"
        )
    except ssl.SSLError as error:
        if any(word in (error.reason or "") for word in _WANTS_CERTIFICATE):
            return (
                f"{address} does not accept our TLS certificate, or wants one and got none ({error.reason}); "
                "check CONSENT_KAFKA_SSL_CERTFILE"
            )
        return f"no TLS handshake with {address} ({error.reason}); is CONSENT_KAFKA_SECURITY_PROTOCOL right?"
    except OSError as error:
        return (
            f"{address} ended the TLS handshake ({error.strerror or error}); is CONSENT_KAFKA_SECURITY_PROTOCOL right?"
        )
    return f"TLS with {address} works, but what answers there does not speak Kafka as asked"
