"""The decoder: a batch of raw records becomes typed rows, each bad one with its reason."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from consent.models import statement
from consent.warehouse import in_utc
from ingestion.arrow import booleans
from ingestion.recognizer import recognizer

if TYPE_CHECKING:
    from ingestion.recognizer.columns import Recognizer

_CHUNK_ROWS = 20_480
# What the compiled recognizer did not take goes through `landing.plain`, and what that did not recognize through
# `landing.decode`. Of up to so many records the second judges all sooner than the first can be planned.
_FEW_ROWS = 4_000
_SUSPECTS_OF_FEW = """
    create or replace temp view suspects as
    select topic, topic_id::uuid as topic_id, partition, "offset", timestamp_ms, key, value from batch
"""
_SUSPECTS = """
    create or replace temp view suspects as
    select topic, topic_id, partition, "offset", epoch_ms(kafka_timestamp) as timestamp_ms, key, value
    from recognized where not is_plain
"""
_NO_REASON = "null::blob as key, null::blob as value, null::varchar as reason"
_PLAIN = f"select * exclude (key, value, is_plain), {_NO_REASON} from recognized where is_plain"  # noqa: S608
_POSITION = ["topic", "topic_id", "partition", "offset", "timestamp_ms"]


class Decoder:
    """An in-memory DuckDB that decodes batches; the rows of the last one are its relation `decoded`.

    `decoded` has the columns of `raw.events`, then key, value and reason. A row with a reason keeps key and value,
    and nothing else but its position; a row without one has neither. Those with a reason are in its table `judged`.
    `threads` is how many it may use; None: all. `compiled` is whether to recognize good records with compiled code,
    where that is installed.
    """

    def __init__(self, threads: int | None = None, *, compiled: bool = True) -> None:
        self._recognizer = recognizer() if compiled else None
        self.connection = in_utc(duckdb.connect(config={"threads": threads} if threads else {}))
        self.connection.execute("set write_buffer_row_group_count = 1")  # not five: memory, and nothing is slower
        self.connection.execute("set disabled_optimizers = 'in_clause'")  # a sixth of planning; our lists are short
        self._typed = f"select *, {_NO_REASON} from ({statement('landing.typed').text})"  # noqa: S608
        # Parsed once: of a batch with few bad records that would be a third of what these take.
        self._recognize, self._judge = (
            self.connection.extract_statements(f"create or replace temp table {table} as {statement(name).text}")[0]
            for table, name in (("recognized", "landing.plain"), ("judged", "landing.decode"))
        )

    def decode(self, batch: pa.Table) -> None:
        """Fill `decoded` with one row per record of `batch` (columns as `Batch.to_arrow` gives them)."""
        # DuckDB gives each thread a chunk of an Arrow table: of one chunk only one thread would have work.
        read = batch.append_column("text", texts(batch.column("value")))
        chunks = read.to_batches(max_chunksize=_CHUNK_ROWS)
        typed, chunks = _recognized(self._recognizer, chunks) if self._recognizer else ([], chunks)
        left = pa.Table.from_batches(chunks, read.schema)
        parts = ["select * from judged"]
        if typed:
            self.connection.register("typed", pa.Table.from_batches(typed))
            parts.append(self._typed)
        if typed and not left.num_rows:
            self.connection.execute(f"create or replace temp table judged as {self._typed} limit 0")
        elif self._set_aside(left):
            parts.append(_PLAIN)
        self.connection.execute("create or replace temp view decoded as " + " union all ".join(parts))

    def _set_aside(self, left: pa.Table) -> bool:
        """Make `judged` of these records; whether those that are plainly good are in `recognized` instead."""
        few = left.num_rows <= _FEW_ROWS
        self.connection.register("batch", left)
        try:
            if few:
                self.connection.execute(_SUSPECTS_OF_FEW)
            else:
                self.connection.execute(self._recognize)
                self.connection.execute(_SUSPECTS)
            self.connection.execute(self._judge)
        finally:
            self.connection.unregister("batch")
        return not few

    def clear(self) -> None:
        """Let go of the last batch."""
        self.connection.execute("drop view if exists decoded")
        self.connection.unregister("typed")
        self.connection.execute("drop table if exists recognized")
        self.connection.execute("drop table if exists judged")

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


def _recognized(by: Recognizer, chunks: list[pa.RecordBatch]) -> tuple[list[pa.RecordBatch], list[pa.RecordBatch]]:
    """What compiled code has read, with each record's position; and what is left."""
    typed, left = [], []
    for chunk in chunks:
        text = chunk["text"].cast(pa.string())
        events, good = by.read(text)
        position = chunk.select(_POSITION)
        if not good.all():
            left.append(chunk.filter(booleans(~good)))
            position = position.filter(booleans(good))
        if events.num_rows:
            typed.append(
                pa.RecordBatch.from_arrays(
                    [*position.columns, *events.columns], [*position.schema.names, *events.schema.names]
                )
            )
    return typed, left


def texts(values: pa.ChunkedArray[Any]) -> pa.ChunkedArray[Any]:
    """The same bytes as text, null where they are not UTF-8."""
    kind = pa.large_string() if pa.types.is_large_binary(values.type) else pa.string()
    return pa.chunked_array([_chunk_text(chunk, kind) for chunk in values.chunks], kind)


def _chunk_text(values: pa.Array[Any], kind: pa.DataType) -> pa.Array[Any]:
    try:
        return values.cast(kind)  # copies nothing
    except pa.ArrowInvalid:
        return pa.array([_decoded(value.as_py()) for value in values], kind)


def _decoded(value: bytes | None) -> str | None:
    try:
        return value.decode() if value is not None else None
    except UnicodeDecodeError:
        return None


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
