"""Settings of the way to Kafka: where it is, which client, and how that client proves who it is."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings

_SASL = ("kafka_sasl_mechanism", "kafka_sasl_username", "kafka_sasl_password", "kafka_sasl_password_file")
_TLS = (
    "kafka_ssl_cafile",
    "kafka_ssl_certfile",
    "kafka_ssl_keyfile",
    "kafka_ssl_key_password",
    "kafka_ssl_key_password_file",
)


class KafkaSettings(BaseSettings):
    """The part of `Settings` that is about the connection to Kafka. What contradicts itself is refused."""

    kafka_bootstrap_servers: str | None = Field(
        None, description="host:port[,host:port…]; unset: the embedded broker that runs in this home."
    )
    kafka_client: Literal["kafka-python", "librdkafka"] = Field(
        "kafka-python", description="What reads Kafka; librdkafka is an extra (`make install-librdkafka`), and faster."
    )
    kafka_timeout: float = Field(10.0, gt=0, description="Seconds to wait for a broker before giving up.")
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        "PLAINTEXT", description="As Kafka's own `security.protocol`."
    )
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] | None = Field(
        None, description="With a SASL protocol: how the password is proven."
    )
    kafka_sasl_username: str | None = Field(None, description="With a SASL protocol: the user.")
    kafka_sasl_password: SecretStr | None = Field(None, description="The user's password; or name a file.")
    kafka_sasl_password_file: Path | None = Field(None, description="File that holds the password and nothing else.")
    kafka_ssl_cafile: Path | None = Field(
        None, description="With an SSL protocol: PEM of the authorities to trust; unset: those of the system."
    )
    kafka_ssl_certfile: Path | None = Field(None, description="PEM of our own certificate, for mutual TLS.")
    kafka_ssl_keyfile: Path | None = Field(None, description="PEM of the certificate's private key.")
    kafka_ssl_key_password: SecretStr | None = Field(None, description="The key's password; or name a file.")
    kafka_ssl_key_password_file: Path | None = Field(None, description="File that holds the key's password.")

    @model_validator(mode="after")
    def _agree(self) -> Self:
        protocol = self.kafka_security_protocol
        sasl, tls = protocol.startswith("SASL_"), protocol.endswith("SSL")
        if protocol != "PLAINTEXT" and not self.kafka_bootstrap_servers:
            raise _contradiction(
                "kafka_security_protocol",
                f"{protocol} needs CONSENT_KAFKA_BOOTSTRAP_SERVERS; the embedded broker speaks PLAINTEXT alone",
            )
        for name in self._given(() if sasl else _SASL):
            raise _contradiction(name, f"needs the protocol SASL_PLAINTEXT or SASL_SSL, and it is {protocol}")
        for name in self._given(() if tls else _TLS):
            raise _contradiction(name, f"needs the protocol SSL or SASL_SSL, and it is {protocol}")
        for secret in ("kafka_sasl_password", "kafka_ssl_key_password"):
            if len(list(self._given((secret, f"{secret}_file")))) > 1:
                raise _contradiction(secret, f"set it or CONSENT_{secret.upper()}_FILE, not both")
        if sasl:
            self._need("kafka_sasl_mechanism", "kafka_security_protocol")
            self._need("kafka_sasl_username", "kafka_security_protocol")
            self._need("kafka_sasl_password", "kafka_security_protocol", or_file=True)
        if self.kafka_ssl_certfile:
            self._need("kafka_ssl_keyfile", "kafka_ssl_certfile")
        for name in self._given(() if self.kafka_ssl_certfile else _TLS[2:]):
            raise _contradiction(name, "needs CONSENT_KAFKA_SSL_CERTFILE")
        return self

    def _given(self, names: tuple[str, ...]) -> list[str]:
        return [name for name in names if getattr(self, name)]

    def _need(self, name: str, by: str, *, or_file: bool = False) -> None:
        if not getattr(self, name) and not (or_file and getattr(self, f"{name}_file")):
            other = f" or CONSENT_{name.upper()}_FILE" if or_file else ""
            value = getattr(self, by)
            raise _contradiction(by, f"{value} needs CONSENT_{name.upper()}{other}")


def _contradiction(name: str, problem: str) -> PydanticCustomError:
    # Braces in the text would be taken for places to fill in.
    return PydanticCustomError("contradiction", "{text}", {"text": f"CONSENT_{name.upper()}: {problem}"})
