"""Offsets that hold no record to read: both Kafka clients pass them, and say which are gone."""

from __future__ import annotations

import contextlib
import itertools
import time

import pytest
from kafka import KafkaProducer, TopicPartition

from consent.errors import OffsetsGone
from ingestion.source import Batch
from tests.ingestion.topic import Topic, reached, read, values


def transactional(topic: Topic, name: str) -> contextlib.AbstractContextManager[KafkaProducer]:
    return topic.producer(transactional_id=f"{topic.name}.{name}", acks="all")


def test_committed_transactions_are_read_past_their_markers(topic: Topic) -> None:
    topic.make()
    with transactional(topic, "one") as producer:
        producer.init_transactions()
        for number in range(3):
            producer.begin_transaction()
            producer.send(topic.name, f"{number}".encode(), partition=0)
            producer.flush()
            producer.commit_transaction()
    source = topic.source()
    _, end = source.offsets()
    source.assign({0: 0})
    batch = read(source, reached(end))
    assert batch.values == [b"0", b"1", b"2"]
    if end == {0: 6}:  # a marker after each, which the embedded broker does not count the last of
        assert (batch.first, batch.positions) == ({0: 0}, {0: 6})


def test_aborted_records_are_not_read_but_passed(apache_topic: Topic) -> None:
    """The embedded broker shows them: its known fault."""
    topic = apache_topic
    topic.make()
    topic.send(b"before")
    with transactional(topic, "one") as producer:
        producer.init_transactions()
        producer.begin_transaction()
        for value in values(20, "aborted"):
            producer.send(topic.name, value, partition=0)
        producer.flush()
        producer.abort_transaction()
    source = topic.source()
    source.assign({0: 0})
    batch = read(source, reached({0: 22}))
    assert source.offsets()[1] == {0: 22}
    assert batch.values == [b"before"]
    topic.send(b"after")
    read(source, reached({0: 23}), batch=batch)
    assert batch.values == [b"before", b"after"]
    assert (batch.first, batch.positions) == ({0: 0}, {0: 23})
    again = topic.source()
    again.assign({0: 5})  # within what was aborted
    assert read(again, reached({0: 23})).values == [b"after"]


def test_an_open_transaction_is_the_end_until_it_is_committed(apache_topic: Topic) -> None:
    topic = apache_topic
    topic.make()
    source = topic.source()
    source.assign({0: 0})
    with transactional(topic, "one") as producer:
        producer.init_transactions()
        producer.begin_transaction()
        producer.send(topic.name, b"pending", partition=0)
        producer.flush()
        topic.send(b"behind it")
        assert source.offsets()[1] == {0: 0}
        batch = Batch(source.topic)
        assert sum(source.poll_into(batch, timeout=0.2, max_records=10) for _ in range(3)) == 0
        producer.commit_transaction()
    assert read(source, reached({0: 3}), batch=batch).values == [b"pending", b"behind it"]


def test_deleted_records_are_said_to_be_gone_and_never_skipped(apache_topic: Topic) -> None:
    topic = apache_topic
    topic.make(2)
    topic.send(*values(50), partition=0)
    topic.send(*values(5), partition=1)
    with topic.admin() as admin:
        admin.delete_records({TopicPartition(topic.name, 0): 30})
    source = topic.source()
    source.assign({0: 10, 1: 0})
    batch = Batch(source.topic)
    with pytest.raises(OffsetsGone) as gone:
        read(source, reached({0: 50}), batch=batch)
    assert (gone.value.partition, gone.value.position) == (0, 10)
    assert "partition 0" in str(gone.value)
    assert 0 not in batch.positions
    first, _ = source.offsets()
    assert first == {0: 30, 1: 0}
    source.assign({0: first[0], 1: 0})
    read(source, reached({0: 50, 1: 5}), batch=batch)
    assert batch.first == {0: 30, 1: 0}
    assert [value for p, value in zip(batch.partitions, batch.values, strict=True) if p == 0] == values(50)[30:]
    assert batch.partitions.count(1) == 5


def test_an_offset_past_the_end_is_gone_too(apache_topic: Topic) -> None:
    """A log that was cut short, by an unclean election say."""
    apache_topic.make()
    apache_topic.send(*values(5))
    source = apache_topic.source()
    source.assign({0: 9})
    with pytest.raises(OffsetsGone, match="offset 9"):
        read(source, lambda batch: len(batch) > 0)


def test_what_compaction_took_leaves_no_hole_in_the_positions(apache_topic: Topic) -> None:
    topic = apache_topic
    topic.make(
        cleanup_policy="compact",
        segment_ms="100",
        segment_bytes="1048576",
        min_cleanable_dirty_ratio="0.001",
        max_compaction_lag_ms="100",
        delete_retention_ms="0",
        min_compaction_lag_ms="0",
    )
    source = topic.source()
    deadline = time.monotonic() + 60
    for round_ in itertools.count():
        topic.send(*values(20, f"{round_}"), key=b"the same")
        time.sleep(0.3)
        _, end = source.offsets()
        fresh = topic.source()
        fresh.assign({0: 0})
        batch = read(fresh, reached(end))
        assert (batch.first, batch.positions) == ({0: 0}, end)
        assert batch.values[-1] == values(20, f"{round_}")[-1]
        assert batch.offsets == sorted(set(batch.offsets))
        fresh.close()
        if len(batch) < end[0] - 10:
            break
        assert time.monotonic() < deadline, "the broker did not compact"
