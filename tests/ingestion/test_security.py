"""Kafka behind passwords and certificates: both clients get in, and say in one line why not."""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from consent.errors import BrokerUnavailable, ConsentError, SettingsError
from consent.settings import Settings
from ingestion.connection import librdkafka_options, security
from ingestion.send import send_lines
from ingestion.source import Batch, open_source
from ingestion.topics import describe_topic, ensure_topic
from tests.conftest import require
from tests.kafka import cluster
from tests.kafka.secure import KEY_PASSWORD, PASSWORD, USER, Certificates, SecureKafka, make_certificates

SASL = {"kafka_sasl_username": USER, "kafka_sasl_password": PASSWORD}
SECRETS = (PASSWORD, KEY_PASSWORD, "wrong-password")


@pytest.fixture(scope="module")
def secure_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureKafka]:
    if reason := cluster.missing():
        require(reason)
    with SecureKafka(tmp_path_factory.mktemp("secure")) as broker:
        yield broker


@pytest.fixture(params=["kafka-python", "librdkafka"])
def client(request: pytest.FixtureRequest) -> str:
    if request.param == "librdkafka" and not importlib.util.find_spec("confluent_kafka"):
        require("no librdkafka: `make install-librdkafka` brings it")
    return str(request.param)


def given(broker: SecureKafka, way: str, **more: Any) -> dict[str, Any]:
    """The settings of one way in."""
    found = {
        "PLAIN": {"kafka_security_protocol": "SASL_PLAINTEXT", "kafka_sasl_mechanism": "PLAIN", **SASL},
        "SCRAM": {"kafka_security_protocol": "SASL_PLAINTEXT", "kafka_sasl_mechanism": "SCRAM-SHA-512", **SASL},
        "SCRAM-256": {"kafka_security_protocol": "SASL_PLAINTEXT", "kafka_sasl_mechanism": "SCRAM-SHA-256", **SASL},
        "SCRAM over TLS": {"kafka_security_protocol": "SASL_SSL", "kafka_sasl_mechanism": "SCRAM-SHA-512", **SASL},
        "TLS": {"kafka_security_protocol": "SSL"},
        "mutual TLS": {
            "kafka_security_protocol": "SSL",
            "kafka_ssl_certfile": broker.certificates.client,
            "kafka_ssl_keyfile": broker.certificates.client_key,
            "kafka_ssl_key_password": KEY_PASSWORD,
        },
    }[way]
    if found["kafka_security_protocol"].endswith("SSL"):
        found["kafka_ssl_cafile"] = broker.certificates.authority
    listener = {"SCRAM over TLS": "SASLTLS", "TLS": "TLS", "mutual TLS": "MUTUAL"}.get(way, "SASL")
    return {
        "kafka_bootstrap_servers": broker.addresses[listener],
        "kafka_timeout": 4.0,
        "topic": f"secure.{uuid.uuid4().hex[:8]}",
        **found,
        **more,
    }


@pytest.mark.kafka
@pytest.mark.parametrize("way", ["PLAIN", "SCRAM", "SCRAM-256", "SCRAM over TLS", "TLS", "mutual TLS"])
def test_each_way_in_lets_us_make_topics_send_and_read(
    secure_kafka: SecureKafka, client: str, way: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    settings = Settings.load(**given(secure_kafka, way, kafka_client=client))
    servers, secured = str(settings.kafka_bootstrap_servers), security(settings)
    ensure_topic(servers, settings.topic, partitions=2, timeout=10, security=secured)
    assert describe_topic(servers, settings.topic, timeout=10, security=secured).partitions == (0, 1)
    assert send_lines([b"{}"] * 20, settings).sent == 20
    if client == "librdkafka":
        produce_with_librdkafka(settings)
    with contextlib.closing(open_source(settings)) as source:
        first, end = source.offsets()
        source.assign(first)
        batch = Batch(source.topic)
        deadline = time.monotonic() + 10
        while len(batch) < sum(end.values()) and time.monotonic() < deadline:
            source.poll_into(batch, timeout=0.2, max_records=100)
    assert len(batch) == (21 if client == "librdkafka" else 20)
    tell_no_secret(caplog.text)


def produce_with_librdkafka(settings: Settings) -> None:
    from confluent_kafka import Producer

    producer = Producer(librdkafka_options(str(settings.kafka_bootstrap_servers), 10, security(settings)))
    producer.produce(settings.topic, b"{}")
    assert producer.flush(10) == 0


FAILURES = {
    "wrong password": ("SCRAM", {"kafka_sasl_password": "wrong-password"}, "authentication failed.*SASL_USERNAME"),
    "wrong PLAIN password": ("PLAIN", {"kafka_sasl_password": "wrong-password"}, "authentication failed.*SASL_USERN"),
    "wrong password over TLS": ("SCRAM over TLS", {"kafka_sasl_password": "wrong-password"}, "authentication failed"),
    "unknown authority": ("TLS", {"kafka_ssl_cafile": "stranger"}, "certificate is not trusted.*SSL_CAFILE"),
    "no client certificate": (
        "mutual TLS",
        {"kafka_ssl_certfile": None, "kafka_ssl_keyfile": None, "kafka_ssl_key_password": None},
        "wants a TLS certificate.*SSL_CERTFILE",
    ),
    "TLS to a listener without": ("PLAIN", {"kafka_security_protocol": "SASL_SSL"}, "SECURITY_PROTOCOL right"),
    "no TLS to a listener with": (
        "TLS",
        {"kafka_security_protocol": "PLAINTEXT", "kafka_ssl_cafile": None},
        "SECURITY_PROTOCOL right",
    ),
    "no SASL to a listener with": (
        "PLAIN",
        dict.fromkeys(("kafka_security_protocol", "kafka_sasl_mechanism", *SASL)),
        "SECURITY_PROTOCOL right",
    ),
}


@pytest.mark.kafka
@pytest.mark.parametrize("failure", FAILURES)
def test_each_failure_is_one_clear_line_in_time(
    secure_kafka: SecureKafka, client: str, failure: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    way, changes, expected = FAILURES[failure]
    more = (
        changes | {"kafka_ssl_cafile": secure_kafka.certificates.stranger}
        if "stranger" in changes.values()
        else changes
    )
    settings = Settings.load(**given(secure_kafka, way, kafka_client=client, **{"kafka_timeout": 2.0, **more}))
    for attempt in (lambda: open_source(settings), lambda: send_lines([b"{}"], settings)):
        started = time.monotonic()
        with pytest.raises(BrokerUnavailable, match=expected) as failed:
            attempt()
        assert time.monotonic() - started < settings.kafka_timeout + 3
        assert str(settings.kafka_bootstrap_servers) in str(failed.value)
        assert "\n" not in str(failed.value)
        tell_no_secret(str(failed.value))
    tell_no_secret(caplog.text)


def tell_no_secret(text: str) -> None:
    for secret in SECRETS:
        assert secret not in text


BASE = {"kafka_bootstrap_servers": "kafka.test:9093"}
PLAIN = BASE | {"kafka_security_protocol": "SASL_SSL", "kafka_sasl_mechanism": "PLAIN"} | SASL
MUTUAL = BASE | {"kafka_security_protocol": "SSL", "kafka_ssl_certfile": "c.pem", "kafka_ssl_keyfile": "k.pem"}


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (PLAIN | {"kafka_sasl_mechanism": None}, "PROTOCOL: SASL_SSL needs CONSENT_KAFKA_SASL_MECHANISM"),
        (PLAIN | {"kafka_sasl_username": None}, "SASL_SSL needs CONSENT_KAFKA_SASL_USERNAME"),
        (
            PLAIN | {"kafka_sasl_password": None},
            "needs CONSENT_KAFKA_SASL_PASSWORD or CONSENT_KAFKA_SASL_PASSWORD_FILE",
        ),
        (
            PLAIN | {"kafka_sasl_password_file": "p"},
            "SASL_PASSWORD: set it or CONSENT_KAFKA_SASL_PASSWORD_FILE, not both",
        ),
        (PLAIN | {"kafka_security_protocol": "SSL"}, "SASL_MECHANISM: needs the protocol SASL_PLAINTEXT or SASL_SSL"),
        (PLAIN | {"kafka_security_protocol": "sasl_ssl"}, "PROTOCOL: Input should be 'PLAINTEXT', 'SSL'"),
        (PLAIN | {"kafka_sasl_mechanism": "GSSAPI"}, "MECHANISM: Input should be 'PLAIN', 'SCRAM-SHA-256' or"),
        (PLAIN | {"kafka_bootstrap_servers": None}, "PROTOCOL: SASL_SSL needs CONSENT_KAFKA_BOOTSTRAP_SERVERS"),
        (MUTUAL | {"kafka_security_protocol": "PLAINTEXT"}, "SSL_CERTFILE: needs the protocol SSL or SASL_SSL"),
        (MUTUAL | {"kafka_ssl_keyfile": None}, "c.pem needs CONSENT_KAFKA_SSL_KEYFILE"),
        (MUTUAL | {"kafka_ssl_certfile": None}, "SSL_KEYFILE: needs CONSENT_KAFKA_SSL_CERTFILE"),
        (BASE | {"kafka_client": "java"}, "CLIENT: Input should be 'kafka-python' or 'librdkafka'"),
        (BASE | {"kafka_sasl_password": ["wrong-password"]}, "SASL_PASSWORD: Input should be a valid string"),
    ],
)
def test_settings_that_contradict_each_other_are_one_clear_line(made: dict[str, Any], expected: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.load(**made)
    assert f"CONSENT_KAFKA_{expected}" in str(refused.value) or expected in str(refused.value)
    assert str(refused.value).startswith("CONSENT_KAFKA_")
    assert "\n" not in str(refused.value)
    tell_no_secret(str(refused.value))


def test_no_secret_is_printed() -> None:
    settings = Settings.load(**PLAIN, kafka_ssl_cafile=None)
    for shown in (repr(settings), str(settings.model_dump()), settings.model_dump_json(), repr(security(settings))):
        tell_no_secret(shown)
    assert security(settings).password == PASSWORD


def test_secrets_can_come_from_files_and_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret").write_text(f"{PASSWORD}\n")
    monkeypatch.setenv("CONSENT_KAFKA_SASL_PASSWORD_FILE", str(tmp_path / "secret"))
    settings = Settings.load(**PLAIN | {"kafka_sasl_password": None})
    assert security(settings).password == PASSWORD
    (tmp_path / "secret").write_text("\n")
    with pytest.raises(SettingsError, match=r"SASL_PASSWORD_FILE: .*the file is empty"):
        security(settings)
    (tmp_path / "secret").unlink()
    with pytest.raises(SettingsError, match=r"SASL_PASSWORD_FILE: .*No such file"):
        security(settings)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


def test_files_that_cannot_be_used_are_named(certificates: Certificates, tmp_path: Path) -> None:
    right = {
        "kafka_security_protocol": "SSL",
        "kafka_ssl_cafile": certificates.authority,
        "kafka_ssl_certfile": certificates.client,
        "kafka_ssl_keyfile": certificates.client_key,
        "kafka_ssl_key_password": KEY_PASSWORD,
    }
    assert security(Settings.load(**BASE, **right)).context
    (tmp_path / "rubbish.pem").write_text("rubbish")
    for changed, expected in (
        ({"kafka_ssl_cafile": tmp_path / "none.pem"}, "SSL_CAFILE: .*none.pem: No such file"),
        ({"kafka_ssl_cafile": tmp_path / "rubbish.pem"}, "SSL_CAFILE: .*rubbish.pem: expected PEM"),
        ({"kafka_ssl_certfile": tmp_path / "none.pem"}, "SSL_CERTFILE: .*none.pem: No such file"),
        ({"kafka_ssl_keyfile": tmp_path / "none.pem"}, "SSL_KEYFILE: .*none.pem: No such file"),
        ({"kafka_ssl_keyfile": tmp_path / "rubbish.pem"}, "SSL_KEYFILE: .*rubbish.pem: does not open"),
        ({"kafka_ssl_key_password": "wrong-password"}, "SSL_KEYFILE: .*CONSENT_KAFKA_SSL_KEY_PASSWORD"),
        ({"kafka_ssl_key_password": None}, "SSL_KEYFILE: .*CONSENT_KAFKA_SSL_KEY_PASSWORD"),
    ):
        with pytest.raises(SettingsError, match=expected) as refused:
            security(Settings.load(**BASE, **right | changed))
        tell_no_secret(str(refused.value))


def test_an_address_that_is_none_is_said_to_be(client: str) -> None:
    for servers, expected in (
        ("127.0.0.1:1", "refused"),
        ("no-such-host.invalid:9092", "no-such-host"),
        ("x", "host:p"),
    ):
        settings = Settings.load(kafka_bootstrap_servers=servers, kafka_client=client, kafka_timeout=1.0)
        with pytest.raises(ConsentError, match=expected):
            open_source(settings)
