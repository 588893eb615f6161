"""Whatever the bytes, every record has exactly one outcome; `python -m benchmarks.fuzz` is the long run."""

from __future__ import annotations

from consent.contract import COLUMNS, REASONS
from ingestion.decoder import Decoder, as_batch
from tests.ingestion.mutation import mutants


def test_every_mutant_is_an_event_or_has_a_reason() -> None:
    values = list(mutants(seed=20, count=20_000))
    with Decoder() as decoder:
        decoder.decode(as_batch(values))
        rows = decoder.connection.execute(
            'select "offset", reason, value, event_id, kind, occurred_at, subject, site from decoded order by "offset"'
        ).fetchall()
    assert [row[0] for row in rows] == list(range(len(values)))
    reasons = [row[1] for row in rows]
    good = reasons.count(None)
    assert 100 < good < len(values) - 1000, "the mutations should leave some good and break most"
    assert {reason.split()[0] for reason in reasons if reason} <= REASONS.keys()
    for value, (_, reason, kept, *required) in zip(values, rows, strict=True):
        if reason is None:
            assert kept is None
            assert None not in required
        else:
            assert kept == value
    assert len(COLUMNS) > 20
