"""Kafka to DuckDB, exactly once: the same on the embedded broker and on a real Apache Kafka."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from kafka import KafkaAdminClient, TopicPartition

from consent.errors import BrokerUnavailable, OffsetConflict, TopicMissing
from consent.settings import Settings
from consent.verify import verify
from consent.warehouse import open_warehouse
from ingestion.ingest import ingest
from ingestion.landing import Gap, Landing
from ingestion.send import send_lines
from ingestion.source import Batch, open_source
from ingestion.topics import ensure_topic
from tests.ingestion.events import encode, event

PARTITIONS = 3


@pytest.fixture
def settings(kafka: str, tmp_path: Path) -> Settings:
    """Settings with a home and a topic of their own."""
    made = Settings.load(
        home=tmp_path / "home",
        kafka_bootstrap_servers=kafka,
        topic=f"consent.test.{uuid.uuid4().hex[:8]}",
        ingest_max_latency=0.2,
    )
    ensure_topic(kafka, made.topic, partitions=PARTITIONS, timeout=10)
    return made


def lines(count: int, prefix: str = "subject-") -> Iterator[bytes]:
    return (encode(event(subject=f"{prefix}{number:04}")) for number in range(count))


def read_to(settings: Settings) -> dict[int, int]:
    """The next offset by partition."""
    with open_warehouse(settings.warehouse) as connection:
        return dict(connection.execute("select partition, next_offset from raw.offsets").fetchall())


def delete_records(settings: Settings, partition: int, before: int) -> None:
    """What retention does, at once."""
    servers = str(settings.kafka_bootstrap_servers)
    with contextlib.closing(KafkaAdminClient(bootstrap_servers=servers)) as admin:
        admin.delete_records({TopicPartition(settings.topic, partition): before})


def stored(settings: Settings) -> tuple[int, int, int]:
    """Events, distinct positions, quarantined."""
    with open_warehouse(settings.warehouse) as connection:
        events, positions = connection.execute(
            'select count(*), count(distinct (topic_id, partition, "offset")) from raw.events'
        ).fetchall()[0]
        return events, positions, connection.execute("select count(*) from raw.quarantine").fetchall()[0][0]


def test_every_record_lands_once_across_runs(settings: Settings) -> None:
    assert send_lines(lines(500), settings).sent == 500
    first = ingest(settings, until_caught_up=True)
    assert (first.accepted, first.quarantined) == (500, 0)
    assert ingest(settings, until_caught_up=True).accepted == 0
    send_lines(lines(70), settings)
    assert ingest(settings, until_caught_up=True).accepted == 70
    assert stored(settings) == (570, 570, 0)


def test_offsets_add_up_to_the_rows(settings: Settings) -> None:
    send_lines([*lines(50), b"not json", b"\xff", b"{}"], settings)
    ingest(settings, until_caught_up=True)
    with open_warehouse(settings.warehouse) as connection:
        consumed = connection.execute("select sum(next_offset - first_offset) from raw.offsets").fetchall()[0][0]
    assert stored(settings) == (50, 50, 3)
    assert consumed == 53


def test_a_bad_record_is_kept_whole_with_its_key(settings: Settings) -> None:
    bad = encode(event(subject="subject-0001", kind="party"))
    send_lines([bad], settings)
    ingest(settings, until_caught_up=True)
    with open_warehouse(settings.warehouse) as connection:
        row = connection.execute("select key, value, reason from raw.quarantine").fetchall()
    assert row == [(b"subject-0001", bad, row[0][2])]
    assert row[0][2].startswith("not_allowed kind: expected one of impression")


def test_a_batch_ends_by_rows(settings: Settings) -> None:
    send_lines(lines(250), settings)
    small = settings.model_copy(update={"ingest_batch_rows": 100})
    done = ingest(small, until_caught_up=True)
    assert done.accepted == 250
    assert done.batches >= 3


def test_a_crash_before_the_commit_loses_and_repeats_nothing(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    send_lines([*lines(99), b"{"], settings)
    monkeypatch.setattr("ingestion.landing._QUARANTINE_COLUMNS", "no_such_column")
    with pytest.raises(Exception, match="no_such_column"):
        ingest(settings, until_caught_up=True)
    monkeypatch.undo()
    assert stored(settings) == (0, 0, 0)
    assert ingest(settings, until_caught_up=True).accepted == 99
    assert stored(settings) == (99, 99, 1)


def test_the_second_to_commit_an_offset_drops_its_batch_whole(settings: Settings) -> None:
    send_lines(lines(40), settings)
    source = open_source(settings)
    zombie = Landing(settings.warehouse, source.topic, lock_timeout=10)
    source.assign(zombie.positions(source.offsets()[0]))
    batch = Batch(source.topic)
    while len(batch) < 40:
        source.poll_into(batch, timeout=1, max_records=100)
    assert ingest(settings, until_caught_up=True).accepted == 40
    with pytest.raises(OffsetConflict, match="dropped"):
        zombie.land(batch)
    zombie.close()
    source.close()
    assert stored(settings) == (40, 40, 0)


@pytest.mark.parametrize("kafka", [pytest.param("apache", marks=pytest.mark.kafka)], indirect=True)
def test_offsets_that_are_gone_are_a_gap_not_a_silence(settings: Settings) -> None:
    """What is due in a partition goes by retention before it is read; later offsets are read on."""
    send_lines((encode(event(subject="subject-0001")) for _ in range(10)), settings)
    assert ingest(settings, until_caught_up=True).accepted == 10
    send_lines((encode(event(subject="subject-0001")) for _ in range(20)), settings)
    [(partition, due)] = read_to(settings).items() - dict.fromkeys(range(PARTITIONS), 0).items()
    delete_records(settings, partition, due + 15)
    done = ingest(settings, until_caught_up=True)
    assert done.accepted == 5
    assert done.gaps == [Gap(partition, due, due + 15, "retention")]
    with open_warehouse(settings.warehouse) as connection:
        gaps = connection.execute("select partition, first_offset, next_offset, cause from raw.offset_gaps").fetchall()
        assert gaps == [(partition, due, due + 15, "retention")]
        assert all(verified.problem is None for verified in verify(connection))


def test_check_holds_bad_lines_back_and_says_where_they_are(settings: Settings) -> None:
    good = list(lines(3))
    sent = send_lines([good[0], b"", b"oops", good[1], encode(event(site=1)), good[2]], settings, check=True)
    assert sent.sent == 3
    assert sent.rejected == {
        "not_json value: expected RFC 8259 JSON": [3],
        "wrong_type site: expected string": [5],
    }
    assert ingest(settings, until_caught_up=True).accepted == 3


def test_a_missing_topic_is_named(settings: Settings) -> None:
    missing = settings.model_copy(update={"topic": "no.such.topic"})
    with pytest.raises(TopicMissing, match=r"no topic 'no\.such\.topic'"):
        ingest(missing, until_caught_up=True)
    with pytest.raises(TopicMissing):
        send_lines(lines(1), missing)


def test_a_broker_that_is_down_is_named(tmp_path: Path) -> None:
    down = Settings.load(home=tmp_path, kafka_bootstrap_servers="127.0.0.1:1", kafka_timeout=1.0)
    with pytest.raises(BrokerUnavailable, match=r"127\.0\.0\.1:1"):
        ingest(down, until_caught_up=True)


def test_no_broker_at_all_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(BrokerUnavailable, match="CONSENT_KAFKA_BOOTSTRAP_SERVERS"):
        ingest(Settings.load(home=tmp_path), until_caught_up=True)
