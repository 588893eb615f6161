"""What has been worked out before: a published snapshot never changes, so neither does what is made from it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Kept(Generic[K, V]):
    """The `most` answers used last, for any number of threads. Keys hold the snapshot's identity."""

    def __init__(self, most: int = 256) -> None:
        self._most = most
        self._answers: OrderedDict[K, V] = OrderedDict()
        self._lock = threading.Lock()
        self._under_way: dict[K, threading.Lock] = {}

    def get(self, key: K) -> V | None:
        """The answer, if it is still kept."""
        with self._lock:
            if key not in self._answers:
                return None
            self._answers.move_to_end(key)
            return self._answers[key]

    def put(self, key: K, answer: V) -> V:
        """Keep an answer; the one unused for longest goes."""
        with self._lock:
            self._answers[key] = answer
            self._answers.move_to_end(key)
            while len(self._answers) > self._most:
                self._answers.popitem(last=False)
        return answer

    def get_or(self, key: K, make: Callable[[], V]) -> V:
        """The answer, made if need be: once, however many ask for it at the same time."""
        if (found := self.get(key)) is not None:
            return found
        with self._lock:
            turn = self._under_way.setdefault(key, threading.Lock())
        try:
            with turn:
                found = self.get(key)
                return self.put(key, make()) if found is None else found
        finally:
            with self._lock:
                self._under_way.pop(key, None)
