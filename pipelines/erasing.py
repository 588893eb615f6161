"""Erasing a person everywhere under the home: warehouse, marts, snapshots, spool, journals, reports; and the bytes.

A refresh before it counts what goes, so that no rate changes; one after it takes the person out of every mart. Then
the file is written anew, older snapshots are deleted, and every table and file is searched for what may be left.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from consent import acknowledgements, traces
from consent.erasure import Erased, erase
from consent.errors import ConsentError
from consent.requests import close_requests, log_request
from consent.rewriting import mark_due, rewrite
from consent.settings import Settings
from consent.signing import SigningKey
from consent.subjects import SubjectKey, check_subject
from consent.warehouse import open_existing
from ingestion.collector.spool import Spool
from pipelines.refresh import refresh

# What is stored compressed cannot be searched for an id, and can be made again.
_OPAQUE = {".pdf", ".zip", ".gz", ".parquet", ".duckdb"}
_KEPT_PROOF = "{} decision(s), under GDPR 17(3)(b) or (e) as proof: {}; restricted, so that nothing else uses them"
_KEPT_ALWAYS = (
    "counts that name nobody (schema kept), so that past rates stay: no personal data any more",
    "the hashes of the proof, without their salts: no personal data any more",
    "the tombstone and the log of the request, under a keyed hash: GDPR 5(2) and 12(3), to show that it was done and "
    "to keep the records from coming back",
)


@dataclass(frozen=True)
class Erasure:
    """What was done: the records, the files that were deleted or changed, and what was kept under which exception."""

    erased: Erased
    files: list[str]
    kept: list[str]
    left: list[str] = field(default_factory=list)


def erase_everywhere(
    settings: Settings,
    subject: str,
    *,
    site: str = "",
    keep_proof: str = "",
    received_at: datetime | None = None,
    reference: str = "",
) -> Erasure:
    """Erase the person, at one site or at all. It may be run again, and after a crash it must be.

    `keep_proof` says why their decisions are kept all the same; empty: they are not. Raises ConsentError, and where
    something is left that cannot be deleted from here, says in `left` what and where.
    """
    subject_key = SubjectKey.of(settings.home)
    subject_hash = subject_key.hash(check_subject(subject))
    refresh(settings)
    with open_existing(settings.warehouse, lock_timeout=settings.lock_timeout) as connection:
        log_request(connection, "erasure", subject_hash, site=site, received_at=received_at, reference=reference)
        mark_due(settings.warehouse)
        erased = erase(
            connection,
            subject,
            subject_key,
            site=site,
            keep_proof=bool(keep_proof),
            key=SigningKey.configured(settings),
        )
    answers = list(_answers(settings, subject.encode())) if not site else []  # before the refresh, which reads them
    refresh(settings)
    rewrite(settings.warehouse, lock_timeout=settings.lock_timeout)
    whole = not site and not erased.kept_decisions
    files = [*answers, *(_clean(settings, subject.encode()) if not site else delete_old_snapshots(settings))]
    left = list(_left(settings, subject)) if whole else []
    kept = [_KEPT_PROOF.format(erased.kept_decisions, keep_proof)] if erased.kept_decisions else []
    with open_existing(settings.warehouse, lock_timeout=settings.lock_timeout) as connection:
        if not left:
            outcome = "erased" if not kept else "erased; decisions kept as proof, restricted"
            close_requests(connection, "erasure", subject_hash, site=site, outcome=outcome)
    return Erasure(erased, files, [*kept, *_KEPT_ALWAYS], left)


def _clean(settings: Settings, text: bytes) -> Iterable[str]:
    """Take the text out of the files beside the warehouse; what was deleted or changed, as paths under the home."""
    yield from delete_old_snapshots(settings)
    yield from _spooled(settings, text)
    for folder in (settings.reports, settings.home / "exports", settings.home / "rejected"):
        for path in sorted(folder.rglob("*")) if folder.exists() else []:
            if path.is_file() and (path.suffix in _OPAQUE or text in path.read_bytes()):
                path.unlink()
                yield f"{path.relative_to(settings.home)}: deleted; make it anew"


def _answers(settings: Settings, text: bytes) -> Iterable[str]:
    if acknowledgements.journal(settings).rewrite(lambda content: content.replace(text, b"[erased]")):
        yield "acknowledgements.ndjson: the id in it replaced"


def delete_old_snapshots(settings: Settings) -> Iterable[str]:
    """Delete every snapshot but the current one; which, as paths under the home."""
    current = settings.snapshot.resolve()
    for path in sorted((settings.home / "snapshots").glob("*")):
        if path != current:
            path.unlink()
            yield f"{path.relative_to(settings.home)}: deleted"


def _spooled(settings: Settings, text: bytes) -> Iterable[str]:
    folder = settings.home / "spool"
    if not any(folder.glob("*.segment")):
        return
    try:
        spool = Spool(folder, limit=settings.collector_spool_bytes)
    except ConsentError:
        yield "spool: in use by the collector; ingest drops what it still sends, and the file goes with it"
        return
    with contextlib.closing(spool):
        if forgotten := spool.forget(text):
            yield f"spool: {forgotten} record(s) deleted"


def _left(settings: Settings, subject: str) -> Iterable[str]:
    with open_existing(settings.warehouse, lock_timeout=settings.lock_timeout) as connection:
        yield from traces.in_tables(connection, subject)
    yield from (str(path.relative_to(settings.home)) for path in traces.in_files(settings.home, subject.encode()))
