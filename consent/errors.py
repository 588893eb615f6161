"""Everything that can go wrong and that a user can do something about.

Each message says what was expected, what came and where, in one line, and never holds an event's payload
or a person's identifier. The command line prints it and exits with 1.

    ConsentError
    ├── SettingsError        a setting has a value it cannot have
    ├── PolicyError          a file in policies/ is wrong (file, line, field)
    ├── WarehouseError       the DuckDB file cannot be used
    │   ├── WarehouseLocked      another process kept it open for too long
    │   └── SnapshotMissing      nothing has been published yet
    ├── JournalError         an append-only file of the home cannot be read or written
    ├── IngestionError       Kafka, or what lies in it
    │   ├── BrokerUnavailable    no broker answers at the address
    │   ├── TopicMissing         the broker does not know the topic
    │   ├── OffsetConflict       another process has committed past this batch
    │   └── OffsetsGone          the broker no longer has the offset that is due
    └── RefreshFailed        a model, rule or check of the job failed
"""

from __future__ import annotations

from pathlib import Path


class ConsentError(Exception):
    """Base of every error a user can mend; its text is one line."""


class SettingsError(ConsentError):
    """A setting has a value it cannot have."""


class PolicyError(ConsentError):
    """A policy file is wrong; carries the file, the 1-based line and the dotted field."""

    def __init__(self, file: Path, line: int, field: str, problem: str) -> None:
        super().__init__(f"{file}:{line}: {field}: {problem}")
        self.file, self.line, self.field, self.problem = file, line, field, problem


class WarehouseError(ConsentError):
    """The DuckDB file cannot be used as it is."""


class WarehouseLocked(WarehouseError):
    """Another process held the file for longer than the wait allowed (`CONSENT_LOCK_TIMEOUT`, seconds)."""


class SnapshotMissing(WarehouseError):
    """There is no published snapshot to read yet."""


class JournalError(ConsentError):
    """An append-only file under the home cannot be read or written."""


class IngestionError(ConsentError):
    """Kafka cannot be read or written as asked."""


class BrokerUnavailable(IngestionError):
    """No broker answers at the configured address."""


class TopicMissing(IngestionError):
    """The broker answers, and does not know the topic."""


class OffsetConflict(IngestionError):
    """Another process has committed these offsets already; the batch was dropped whole."""


class OffsetsGone(IngestionError):
    """The broker does not have the offset that is due in a partition: retention took it, or its log was cut short."""

    def __init__(self, partition: int, position: int) -> None:
        super().__init__(f"partition {partition}: the broker no longer has offset {position}, which is due")
        self.partition, self.position = partition, position


class RefreshFailed(ConsentError):
    """The refresh job ended with a failed step or a failed ERROR check; the last snapshot stays."""
