"""The way to Kafka: settings become the configuration of either client, and the clients' errors become ours."""

from __future__ import annotations

import contextlib
import logging
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kafka.errors import AuthorizationError, KafkaError, SaslAuthenticationFailedError, UnsupportedSaslMechanismError
from pydantic import SecretStr

from consent.errors import BrokerUnavailable, SettingsError
from consent.settings import Settings
from ingestion.diagnosis import why_unreachable

# What matters of the client's log comes as an error of ours, so it stays here, where `_Refusals` listens. Its debug
# log would show requests and answers byte by byte: passwords, and people's events.
_client_log = logging.getLogger("kafka")
_client_log.setLevel(logging.INFO)
_client_log.addHandler(logging.NullHandler())
_client_log.propagate = False


class _Refusals(logging.Handler):
    """Notes that a broker refused a password: kafka-python logs it, tries again, and in the end says "timeout"."""

    seen = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Count the record if it is about a refusal."""
        if any(isinstance(part, _REFUSED) for part in record.args or ()):
            self.seen += 1


_REFUSED = (SaslAuthenticationFailedError, UnsupportedSaslMechanismError)
_refusals = _Refusals(logging.WARNING)
logging.getLogger("kafka.net.manager").addHandler(_refusals)


@dataclass(frozen=True)
class Security:
    """How a client proves who it is and whom it trusts; without arguments: neither (PLAINTEXT)."""

    protocol: str = "PLAINTEXT"
    mechanism: str | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    cafile: Path | None = None
    certfile: Path | None = None
    keyfile: Path | None = None
    key_password: str | None = field(default=None, repr=False)
    context: ssl.SSLContext | None = field(default=None, repr=False, compare=False)


OPEN = Security()


def security(settings: Settings) -> Security:
    """The security of these settings, files read. Raises SettingsError naming the setting whose file is unusable."""
    made = Security(
        settings.kafka_security_protocol,
        settings.kafka_sasl_mechanism,
        settings.kafka_sasl_username,
        _secret("KAFKA_SASL_PASSWORD", settings.kafka_sasl_password, settings.kafka_sasl_password_file),
        settings.kafka_ssl_cafile,
        settings.kafka_ssl_certfile,
        settings.kafka_ssl_keyfile,
        _secret("KAFKA_SSL_KEY_PASSWORD", settings.kafka_ssl_key_password, settings.kafka_ssl_key_password_file),
    )
    if not made.protocol.endswith("SSL"):
        return made
    return Security(**{**vars(made), "context": _tls(made)})


def _secret(name: str, given: SecretStr | None, file: Path | None) -> str | None:
    if file is None:
        return given.get_secret_value() if given else None
    try:
        secret = file.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "expected UTF-8"
        raise SettingsError(f"CONSENT_{name}_FILE: {file}: {reason}") from None
    if not secret:
        raise SettingsError(f"CONSENT_{name}_FILE: {file}: expected a password, and the file is empty")
    return secret


def _tls(made: Security) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=made.cafile)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(f"CONSENT_KAFKA_SSL_CAFILE: {made.cafile}: {_unusable(error)}") from None
    if made.certfile:
        for name, path in (("CERTFILE", made.certfile), ("KEYFILE", made.keyfile)):
            if path and not path.is_file():
                raise SettingsError(f"CONSENT_KAFKA_SSL_{name}: {path}: No such file")
        try:
            # An empty password, for with None a locked key would ask for one on the terminal.
            context.load_cert_chain(made.certfile, made.keyfile, made.key_password or "")
        except (OSError, ssl.SSLError) as error:
            raise SettingsError(
                f"CONSENT_KAFKA_SSL_KEYFILE: {made.keyfile}: does not open {made.certfile} ({_unusable(error)}); "
                "expected the PEM key of that certificate and, if it is locked, CONSENT_KAFKA_SSL_KEY_PASSWORD"
            ) from None
    return context


def _unusable(error: OSError) -> str:
    return error.strerror if error.strerror and not isinstance(error, ssl.SSLError) else "expected PEM"


def kafka_python_options(servers: str, timeout: float, secured: Security = OPEN) -> dict[str, Any]:
    """What every client of kafka-python is made with: consumer, producer and admin."""
    return {
        "bootstrap_servers": servers.split(","),
        "bootstrap_timeout_ms": int(timeout * 1000),
        "security_protocol": secured.protocol,
        "ssl_context": secured.context,
        "sasl_mechanism": secured.mechanism,
        "sasl_plain_username": secured.username,
        "sasl_plain_password": secured.password,
    }


def librdkafka_options(servers: str, timeout: float, secured: Security = OPEN) -> dict[str, Any]:
    """What every client of librdkafka is made with: consumer, producer and admin."""
    options = {
        "bootstrap.servers": servers,
        "socket.connection.setup.timeout.ms": max(1000, int(timeout * 1000)),
        "security.protocol": secured.protocol,
        "sasl.mechanisms": secured.mechanism,
        "sasl.username": secured.username,
        "sasl.password": secured.password,
        "ssl.ca.location": secured.cafile and str(secured.cafile),
        "ssl.certificate.location": secured.certfile and str(secured.certfile),
        "ssl.key.location": secured.keyfile and str(secured.keyfile),
        "ssl.key.password": secured.key_password,
    }
    return {name: value for name, value in options.items() if value is not None}


@contextlib.contextmanager
def kafka_errors(servers: str, secured: Security = OPEN) -> Iterator[None]:
    """Turn kafka-python's errors into ours, naming the address and the kind of failure."""
    before = _refusals.seen
    try:
        yield
    except _REFUSED as error:
        raise refused(servers, secured, type(error).__name__) from None
    except AuthorizationError as error:
        raise not_allowed(servers, type(error).__name__) from None
    except KafkaError as error:
        if _refusals.seen > before:
            raise refused(servers, secured, "the broker refused the password") from None
        raise unavailable(servers, secured, type(error).__name__) from None
    except (OSError, ValueError) as error:
        raise BrokerUnavailable(f"Kafka at {servers}: {error}; expected host:port[,host:port…]") from None


def refused(servers: str, secured: Security, reason: str) -> BrokerUnavailable:
    """The broker was reached and did not accept the user and password."""
    return BrokerUnavailable(
        f"Kafka at {servers}: authentication failed ({secured.mechanism}: {reason}); "
        "check CONSENT_KAFKA_SASL_USERNAME, its password and the mechanism"
    )


def not_allowed(servers: str, reason: str) -> BrokerUnavailable:
    """The broker knows the user, who may not do this."""
    return BrokerUnavailable(
        f"Kafka at {servers}: not allowed ({reason}); the user lacks a right on the topic or group"
    )


def unavailable(servers: str, secured: Security, reason: str) -> BrokerUnavailable:
    """No usable answer came; says what a bare connection meets there."""
    why = why_unreachable(servers, secured.context)
    if not why and secured.mechanism:  # a broker that refuses may just hang up
        return refused(servers, secured, f"{reason}: the connection stands, but ends before it can be used")
    why = why or "it listens, but does not answer as asked; is CONSENT_KAFKA_SECURITY_PROTOCOL right?"
    return BrokerUnavailable(f"Kafka at {servers}: no usable answer ({reason}): {why}")
