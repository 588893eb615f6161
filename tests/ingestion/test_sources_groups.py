"""Both Kafka clients share a topic in one consumer group."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import pytest

from consent.errors import SettingsError
from ingestion.source import Batch, Source
from tests.ingestion.topic import CLIENTS, Topic, having, read, values


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


def poll(until: Callable[[], bool], *members: Member, seconds: float = 120) -> None:
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
