"""A real Apache Kafka that lets in by each way of proving who one is: SASL, TLS, and both."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from tests.kafka.cluster import HOST, ApacheKafka

USER = "ingest"
PASSWORD = "wet-llamas-4711"  # with what shell, JAAS and properties files leave alone
KEY_PASSWORD = "dry-llamas-0815"
LISTENERS = {"SASL": "SASL_PLAINTEXT", "SASLTLS": "SASL_SSL", "TLS": "SSL", "MUTUAL": "SSL"}

_PLAIN = f'org.apache.kafka.common.security.plain.PlainLoginModule required user_{USER}="{PASSWORD}";'
_SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule required;"


@dataclass(frozen=True)
class Certificates:
    """PEM files: an authority, what it vouches for, and an authority nobody knows."""

    authority: Path
    server: Path  # key and chain in one, as Kafka's PEM key store wants them
    client: Path
    client_key: Path  # locked with KEY_PASSWORD
    stranger: Path


def make_certificates(folder: Path) -> Certificates:
    """Certificates for a broker on this machine and for one client of it."""
    made = Certificates(*(folder / f"{name}.pem" for name in ("authority", "server", "client", "key", "stranger")))
    authority = trustme.CA()
    authority.cert_pem.write_to_path(made.authority)
    trustme.CA().cert_pem.write_to_path(made.stranger)
    server, client = authority.issue_cert(HOST, "localhost"), authority.issue_cert("client.test")
    made.server.write_bytes(_pkcs8(server, NoEncryption()) + _chain(server))
    made.client.write_bytes(_chain(client))
    made.client_key.write_bytes(_pkcs8(client, BestAvailableEncryption(KEY_PASSWORD.encode())))
    return made


def _pkcs8(issued: trustme.LeafCert, lock: KeySerializationEncryption) -> bytes:
    key = load_pem_private_key(issued.private_key_pem.bytes(), None)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock)


def _chain(issued: trustme.LeafCert) -> bytes:
    return b"".join(part.bytes() for part in issued.cert_chain_pems)


class SecureKafka(ApacheKafka):
    """A broker with the ways in of `LISTENERS`; `addresses` says where each is, `certificates` what TLS needs."""

    def __init__(self, folder: Path) -> None:
        self.certificates = make_certificates(folder)
        properties = [
            "ssl.keystore.type=PEM",
            f"ssl.keystore.location={self.certificates.server}",
            "ssl.truststore.type=PEM",
            f"ssl.truststore.location={self.certificates.authority}",
            "listener.name.mutual.ssl.client.auth=required",
        ]
        for listener in ("sasl", "sasltls"):
            properties += [
                f"listener.name.{listener}.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
                f"listener.name.{listener}.plain.sasl.jaas.config={_PLAIN}",
                f"listener.name.{listener}.scram-sha-256.sasl.jaas.config={_SCRAM}",
                f"listener.name.{listener}.scram-sha-512.sasl.jaas.config={_SCRAM}",
            ]
        super().__init__(
            folder,
            listeners=LISTENERS,
            properties="\n".join(properties) + "\n",
            scram=[f"SCRAM-SHA-{bits}=[name={USER},password={PASSWORD}]" for bits in (256, 512)],
        )
