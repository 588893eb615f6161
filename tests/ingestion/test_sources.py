"""What both Kafka clients promise, on both kinds of broker."""

from __future__ import annotations

import time

import pytest

from consent.errors import SettingsError, TopicMissing
from consent.settings import Settings
from ingestion.source import Batch, Source, open_source
from ingestion.topics import describe_topic
from tests.ingestion.topic import Topic, eventually, reached, read, values

LARGE = 10 * 1024 * 1024


def test_every_record_comes_once_with_all_it_has(topic: Topic) -> None:
    topic.make()
    before = int(time.time() * 1000) - 1000
    topic.send(*values(100), key=b"key")
    topic.send(None, key=b"tombstone")
    topic.send(b"", b"\xff\x00")
    source = topic.source()
    source.assign({0: 0})
    batch = read(source, reached({0: 103}))
    assert batch.values == [*values(100), None, b"", b"\xff\x00"]
    assert batch.keys == [b"key"] * 100 + [b"tombstone", None, None]
    assert batch.offsets == list(range(103))
    assert batch.partitions == [0] * 103
    assert all(before < timestamp < before + 60_000 for timestamp in batch.timestamps_ms)
    assert batch.size == 100 * len(b"value-00000") + 2
    assert (batch.first, batch.positions) == ({0: 0}, {0: 103})
    assert batch.to_arrow().num_rows == 103


def test_reading_goes_on_where_another_source_stopped(topic: Topic) -> None:
    topic.make(2)
    for partition in (0, 1):
        topic.send(*values(500, f"p{partition}"), partition=partition)
    source = topic.source()
    source.assign({0: 100, 1: 0})
    begun = read(source, lambda batch: len(batch) >= 150, max_records=150)
    rest = topic.source()
    rest.assign({0: 100, 1: 0} | begun.positions)
    ended = read(rest, reached({0: 500, 1: 500}))
    assert sorted(begun.values + ended.values) == values(500, "p0")[100:] + values(500, "p1")
    assert ended.first == {p: offset for p, offset in ({0: 100, 1: 0} | begun.positions).items() if offset < 500}


def test_no_more_records_come_than_are_asked_for(topic: Topic) -> None:
    topic.make()
    topic.send(*values(300))
    source = topic.source()
    source.assign({0: 0})
    sizes = []
    batch = Batch(source.topic)
    while len(batch) < 300:
        sizes.append(source.poll_into(batch, timeout=5, max_records=7))
        assert batch.positions.get(0, 0) == len(batch)
    assert max(sizes) <= 7
    assert batch.values == values(300)


def test_an_empty_topic_brings_nothing_within_the_time_given(topic: Topic) -> None:
    topic.make()
    source = topic.source()
    source.assign({0: 0})
    batch = read(source, lambda _: True)
    for _ in range(3):
        source.poll_into(batch, timeout=0.2, max_records=10)
    started = time.monotonic()
    assert source.poll_into(batch, timeout=0.3, max_records=10) == 0
    assert time.monotonic() - started < 1
    assert (batch.first, batch.positions) == ({}, {})


def test_the_offsets_are_first_and_end_of_every_partition(topic: Topic) -> None:
    topic.make(3)
    topic.send(*values(5), partition=1)
    source = topic.source()
    source.assign({1: 0})
    read(source, reached({1: 5}))
    first, end = source.offsets()
    assert first == {0: 0, 1: 0, 2: 0}
    assert end == {0: 0, 1: 5, 2: 0} or (topic.is_embedded and end[1] < 5)  # known fault: its ends lag
    assert source.topic == describe_topic(topic.servers, topic.name, timeout=10)
    assert source.partitions() == (0, 1, 2)


def test_assigning_more_partitions_keeps_the_place_of_the_others(topic: Topic) -> None:
    topic.make(2)
    topic.send(*values(200, "p0"), partition=0)
    topic.send(*values(200, "p1"), partition=1)
    source = topic.source()
    source.assign({0: 0})
    batch = read(source, lambda batch: len(batch) >= 90, max_records=30)
    source.assign({0: 0, 1: 50})
    read(source, reached({0: 200, 1: 200}), batch=batch)
    assert sorted(batch.values) == values(200, "p0") + values(200, "p1")[50:]
    assert batch.first == {0: 0, 1: 50}
    source.assign({1: 0})
    topic.send(b"not ours", partition=0)
    topic.send(b"ours", partition=1)
    assert read(source, reached({1: 201})).values == [b"ours"]


@pytest.mark.parametrize("stop", [0.3, 3])
def test_a_pause_brings_nothing_and_loses_nothing(topic: Topic, stop: float) -> None:
    topic.make()
    topic.send(*values(400))
    source = topic.source()
    source.assign({0: 0})
    batch = read(source, lambda batch: len(batch) >= 100, max_records=50)
    count = len(batch)
    source.pause()
    topic.send(*values(100, "later"))
    until = time.monotonic() + stop
    while time.monotonic() < until:
        assert source.poll_into(batch, timeout=0.1, max_records=50) == 0
    source.resume()
    read(source, reached({0: 500}), batch=batch)
    assert count < 400
    assert batch.values == values(400) + values(100, "later")


def test_partitions_that_are_added_are_seen_and_read(apache_topic: Topic) -> None:
    apache_topic.make()
    source = apache_topic.source()
    source.assign({0: 0})
    apache_topic.send(b"old")
    batch = read(source, reached({0: 1}))
    with apache_topic.admin() as admin:
        admin.create_partitions({apache_topic.name: 3})
    deadline = time.monotonic() + 10
    while source.partitions() != (0, 1, 2):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    apache_topic.send(b"new", partition=2)
    first, _ = source.offsets()
    source.assign(first)
    read(source, reached({2: 1}), batch=batch)
    assert batch.values == [b"old", b"new"]


def test_a_value_of_ten_megabytes_does_not_stop_the_others(topic: Topic) -> None:
    topic.make(2, max_message_bytes=str(LARGE + 1_000_000))
    large = b"x" * LARGE
    for partition in (0, 1):
        topic.send(b"before", large, large, b"after", partition=partition, max_request_size=LARGE + 1_000_000)
    source = topic.source()
    source.assign({0: 0, 1: 0})
    batch = read(source, reached({0: 4, 1: 4}), seconds=60)
    assert sorted(map(len, filter(None, batch.values))) == [5, 5, 6, 6] + [LARGE] * 4
    assert batch.size == 22 + 4 * LARGE


def test_a_topic_made_anew_is_another_one(apache_topic: Topic) -> None:
    topic = apache_topic
    topic.make()
    source = topic.source()
    with topic.admin() as admin:
        admin.delete_topics([topic.name])
        eventually(lambda: missing(source, "no topic"))
        eventually(lambda: topic.make() is None)
    eventually(lambda: missing(source, "made anew"))
    with pytest.raises(TopicMissing, match="made anew"):
        source.offsets()
    assert topic.source().topic.topic_id != source.topic.topic_id


def missing(source: Source, text: str) -> bool:
    try:
        source.partitions()
    except TopicMissing as error:
        return text in str(error)
    return False


def test_without_the_extra_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "confluent_kafka", None)
    for name in ("ingestion.librdkafka", "ingestion.librdkafka_cluster"):
        monkeypatch.delitem(__import__("sys").modules, name, raising=False)
    with pytest.raises(SettingsError, match="make install-librdkafka"):
        open_source(Settings.load(kafka_bootstrap_servers="127.0.0.1:1", kafka_client="librdkafka"))
