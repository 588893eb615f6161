"""Purging: what the policies' retention says is to be gone, down to the bytes, with every rate as it was."""

from __future__ import annotations

from consent import proof
from consent.retention import Purged, due, purge
from consent.rewriting import is_due, mark_due, rewrite
from consent.settings import Settings
from consent.signing import SigningKey
from consent.warehouse import open_existing
from pipelines.erasing import delete_old_snapshots
from pipelines.refresh import refresh


def purge_everywhere(settings: Settings, *, even_proof: bool = False, dry_run: bool = False) -> list[Purged]:
    """Refresh, remove what is due, refresh, write the file anew and delete older snapshots; what was done or refused.

    Where nothing is due, the file stays, unless an earlier rewrite was not finished. Raises ConsentError.
    """
    refresh(settings)
    key = SigningKey.configured(settings)
    with open_existing(settings.warehouse, lock_timeout=settings.lock_timeout) as connection:
        if dry_run:
            return due(connection, even_proof=even_proof)
        proof.seal(connection, key)
        if any(not one.refused for one in due(connection, even_proof=even_proof)):
            mark_due(settings.warehouse)
        done = purge(connection, settings, even_proof=even_proof, key=key)
    if is_due(settings.warehouse):
        refresh(settings)
        rewrite(settings.warehouse, lock_timeout=settings.lock_timeout)
        list(delete_old_snapshots(settings))
    return done
