"""The decoder: a batch of raw records becomes typed rows, each bad one with its reason."""

from __future__ import annotations

from types import TracebackType

import duckdb
import pyarrow as pa

from consent.models import statement
from consent.warehouse import in_utc

_CHUNK_ROWS = 20_480


class Decoder:
    """An in-memory DuckDB that decodes batches; the rows of the last one are its table `decoded`.

    `decoded` has the columns of `raw.events`, then key, value and reason. A row with a reason keeps key and value,
    and nothing else but its position; a row without one has neither.
    """

    def __init__(self) -> None:
        self.connection = in_utc(duckdb.connect())
        self._decode = "create or replace temp table decoded as " + statement("landing.decode").text

    def decode(self, batch: pa.Table) -> None:
        """Fill `decoded` with one row per record of `batch` (columns as `Batch.to_arrow` gives them)."""
        # DuckDB gives each thread a chunk of an Arrow table: of one chunk only one thread would have work.
        self.connection.register(
            "batch", pa.Table.from_batches(batch.to_batches(max_chunksize=_CHUNK_ROWS), batch.schema)
        )
        try:
            self.connection.execute(self._decode)
        finally:
            self.connection.unregister("batch")

    def reasons(self) -> list[str | None]:
        """The reason of each record of the last batch, in its order of offsets; None: it is good."""
        rows = self.connection.execute('select reason from decoded order by "partition", "offset"').fetchall()
        return [row[0] for row in rows]

    def close(self) -> None:
        """Free the memory."""
        self.connection.close()

    def __enter__(self) -> Decoder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def as_batch(values: list[bytes]) -> pa.Table:
    """Bare values as the relation `batch`, with their index for an offset."""
    count = len(values)
    return pa.table(
        {
            "topic": pa.repeat("", count),
            "topic_id": pa.repeat("00000000-0000-0000-0000-000000000000", count),
            "partition": pa.repeat(pa.scalar(0, pa.int32()), count),
            "offset": pa.array(range(count), pa.int64()),
            "timestamp_ms": pa.repeat(pa.scalar(0, pa.int64()), count),
            "key": pa.nulls(count, pa.binary()),
            "value": pa.array(values, pa.binary()),
        }
    )
