"""A fingerprint of what a refresh goes by besides events and time: SQL, policies, limits in force, DuckDB."""

from __future__ import annotations

import hashlib

import duckdb

from consent.models import all_models
from consent.policy_tables import TABLES as POLICY_TABLES
from consent.tables import TABLES


def fingerprint(connection: duckdb.DuckDBPyConnection) -> str:
    """Changes with everything besides the events and the as-of time that a table depends on."""
    digest = hashlib.sha256(f"{duckdb.__version__} {TABLES}".encode())
    for model in all_models():
        digest.update(f"{model.relation}\0{model.text}\0".encode())
    limits = next(model.text for model in all_models() if model.relation == "staging.limits")
    in_force = (
        f"({limits})",
        "(select versions.* from policy.versions as versions"
        " inner join staging.run as run on versions.effective_from <= run.as_of)",
        "(select run.jurisdictions from staging.run as run)",
    )
    for relation in (*(f"policy.{table}" for table in POLICY_TABLES), *in_force):
        rows = connection.execute(f"select bit_xor(hash(given)), count(*) from {relation} as given").fetchall()  # noqa: S608
        digest.update(f"{relation}\0{rows}\0".encode())
    return digest.hexdigest()
