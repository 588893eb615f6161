"""What both Kafka clients promise, on both kinds of broker."""

from __future__ import annotations

import contextlib
import importlib.util
import itertools
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from kafka import KafkaAdminClient, KafkaProducer, TopicPartition
from kafka.errors import KafkaError

from consent.errors import OffsetsGone, SettingsError, TopicMissing
from consent.settings import Settings
from ingestion.source import Batch, Source, open_source
from ingestion.topics import describe_topic, ensure_topic
from tests.conftest import require

CLIENTS = ("kafka-python", "librdkafka")
LARGE = 10 * 1024 * 1024


class Topic:
    """A topic of its own, with what is needed to write to it and to change it."""

    def __init__(self, servers: str, client: str) -> None:
        self.servers, self.client = servers, client
        self.name = f"sources.{uuid.uuid4().hex[:8]}"
        self.is_embedded = False
        self._open: list[Source] = []

    def make(self, partitions: int = 1, **config: str) -> None:
        named = {name.replace("_", "."): value for name, value in config.items()}
        ensure_topic(self.servers, self.name, partitions=partitions, timeout=10, config=named)

    def source(self) -> Source:
        made = open_source(
            Settings.load(kafka_bootstrap_servers=self.servers, kafka_client=self.client, topic=self.name)
        )
        self._open.append(made)
        return made

    @contextlib.contextmanager
    def producer(self, **options: Any) -> Iterator[KafkaProducer]:
        with contextlib.closing(KafkaProducer(bootstrap_servers=self.servers, **options)) as producer:
            yield producer

    def send(self, *values: bytes | None, partition: int = 0, key: bytes | None = None, **options: Any) -> None:
        with self.producer(**options) as producer:
            for value in values:
                producer.send(self.name, value, key=key, partition=partition)
            producer.flush()

    @contextlib.contextmanager
    def admin(self) -> Iterator[KafkaAdminClient]:
        with contextlib.closing(KafkaAdminClient(bootstrap_servers=self.servers)) as admin:
            yield admin

    def close(self) -> None:
        for source in self._open:
            source.close()


@pytest.fixture(params=CLIENTS)
def client(request: pytest.FixtureRequest) -> str:
    return having(str(request.param))


def having(client: str) -> str:
    if client == "librdkafka" and not importlib.util.find_spec("confluent_kafka"):
        require("no librdkafka: `make install-librdkafka` brings it")
    return client


@pytest.fixture
def topic(client: str, kafka: str, request: pytest.FixtureRequest) -> Iterator[Topic]:
    with contextlib.closing(Topic(kafka, client)) as made:
        made.is_embedded = "embedded_kafka" in request.fixturenames
        yield made


@pytest.fixture
def apache_topic(client: str, apache_kafka: str) -> Iterator[Topic]:
    with contextlib.closing(Topic(apache_kafka, client)) as made:
        yield made


def read(
    source: Source,
    until: Callable[[Batch], bool],
    *,
    batch: Batch | None = None,
    seconds: float = 20,
    max_records: int = 10_000,
) -> Batch:
    """Poll until what was asked for is there; the batch goes on from the one given."""
    batch = Batch(source.topic) if batch is None else batch
    deadline = time.monotonic() + seconds
    while not until(batch):
        assert time.monotonic() < deadline, f"only {len(batch)} records came, to {batch.positions}"
        source.poll_into(batch, timeout=0.2, max_records=max_records)
    return batch


def reached(end: Mapping[int, int]) -> Callable[[Batch], bool]:
    return lambda batch: all(batch.positions.get(partition, 0) >= offset for partition, offset in end.items())


def values(count: int, prefix: str = "value") -> list[bytes]:
    return [f"{prefix}-{number:05}".encode() for number in range(count)]


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


def eventually(true: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while True:
        with contextlib.suppress(KafkaError):
            if true():
                return
        assert time.monotonic() < deadline
        time.sleep(0.1)


class Member:
    """One of a group: what it was given, what was taken, and what it read."""

    def __init__(self, source: Source, stored: dict[int, int]) -> None:
        self.source, self.stored = source, stored
        self.held: set[int] = set()
        self.revoked: list[int] = []
        self.batch = Batch(source.topic)

    def join(self, group: str) -> None:
        self.source.join(group, self._assigned, self._revoked)

    def _assigned(self, partitions: list[int]) -> Mapping[int, int]:
        self.held = set(partitions)
        return {partition: self.stored.get(partition, 0) for partition in partitions}

    def _revoked(self, partitions: list[int]) -> None:
        self.held -= set(partitions)
        self.revoked += partitions
        self.land()

    def poll(self) -> None:
        self.source.poll_into(self.batch, timeout=0.1, max_records=100)

    def land(self) -> None:
        """As the loop does: what was read counts from now on."""
        self.stored |= self.batch.positions
        self.batch.first.clear()
        self.batch.positions.clear()


@pytest.mark.parametrize("other", CLIENTS)
def test_a_group_shares_the_partitions_and_hands_them_over(apache_topic: Topic, other: str) -> None:
    topic, partner = apache_topic, Topic(apache_topic.servers, having(other))
    partner.name = topic.name
    topic.make(4)
    for partition in range(4):
        topic.send(*values(100, f"p{partition}"), partition=partition)
    stored: dict[int, int] = {2: 40}
    one, two = Member(topic.source(), stored), Member(partner.source(), stored)
    one.join(topic.name)
    poll(lambda: len(one.batch) == 360, one)
    assert one.held == {0, 1, 2, 3}
    one.land()
    one.source.mirror(stored)
    two.join(topic.name)
    poll(lambda: len(one.held) == 2 and len(two.held) == 2, one, two)
    assert one.held | two.held == {0, 1, 2, 3}
    assert set(one.revoked) >= two.held
    for partition in range(4):
        topic.send(*values(10, f"more{partition}"), partition=partition)
    poll(lambda: len(one.batch) + len(two.batch) == 400, one, two)
    two.land()
    two.source.pause()
    partner.close()
    poll(lambda: one.held == {0, 1, 2, 3}, one)
    topic.send(b"the end", partition=min(two.held, default=0))
    poll(lambda: b"the end" in one.batch.values, one)
    everything = one.batch.values + two.batch.values
    assert len(everything) == len(set(everything)) == 401


def poll(until: Callable[[], bool], *members: Member, seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < deadline, [(member.held, len(member.batch)) for member in members]
        for member in members:
            member.poll()


def test_what_a_group_callback_raises_comes_out_of_the_poll(apache_topic: Topic) -> None:
    apache_topic.make()
    source = apache_topic.source()

    def fail(partitions: list[int]) -> Mapping[int, int]:
        raise SettingsError(f"cannot say where to begin in {partitions}")

    source.join(apache_topic.name, fail, lambda _: None)
    with pytest.raises(SettingsError, match=r"begin in \[0\]"):
        read(source, lambda _: False)


def test_without_the_extra_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "confluent_kafka", None)
    for name in ("ingestion.librdkafka", "ingestion.librdkafka_cluster"):
        monkeypatch.delitem(__import__("sys").modules, name, raising=False)
    with pytest.raises(SettingsError, match="make install-librdkafka"):
        open_source(Settings.load(kafka_bootstrap_servers="127.0.0.1:1", kafka_client="librdkafka"))
