"""What goes into an evidence bundle, and the zip of it: the same as-of, the same bytes."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import UUID

import duckdb

from consent.dossier import Row, dossier, table_rows
from consent.errors import ConsentError
from consent.evidence.links import Position, links, records
from consent.evidence.page import page
from consent.evidence.verify import problems, readable
from consent.policies import Registry
from consent.receipts import receipts
from consent.settings import Settings
from consent.subjects import SUBJECT

_HERE = Path(__file__).parent
_MADE = (1980, 1, 1, 0, 0, 0)  # the zip format's first moment, for every file
_SHORTEST = 6  # digits of a finding's id


def bundle(connection: duckdb.DuckDBPyConnection, settings: Settings, wanted: str, site: str = "") -> bytes:
    """A zip of the evidence as of the last refresh: of a subject's decisions (at one site), or of a finding.

    A finding goes by its id or how it begins. Raises ConsentError for what is neither, without repeating it, and where
    the proof of what would be bundled does not hold.
    """
    built = connection.execute(
        "select count(*) from duckdb_tables() "
        "where schema_name = 'marts' and table_name = 'findings' and database_name = current_database()"
    ).fetchall()
    if built == [(0,)]:
        raise ConsentError("there is no evidence before the first refresh; run `consent refresh`")
    [(as_of,)] = connection.execute("select as_of from staging.run").fetchall()
    registry = Registry.load(settings.policies)
    about: Row = {"as_of": f"{as_of.isoformat()}Z"}
    files: dict[str, Any] = {}
    positions = _positions(connection, wanted, site)
    if positions:
        about |= {"subject": wanted} | ({"site": site} if site else {})
    else:
        finding = _finding(connection, wanted, site)
        events = _events(connection, json.loads(finding["finding"].get("evidence", "[]")))
        files |= {"finding.json": about | finding, "events.json": events}
        about |= {"finding": finding, "events": events}
        positions = [(UUID(event["topic_id"]), event["partition"], event["offset"]) for event in events]
    found = records(connection, positions)
    decisions = sorted(
        (readable(text) for text in found.values()),
        key=lambda one: (one["occurred_at"], one["topic_id"], one["partition"], one["offset"]),
    )
    files |= {
        "decisions.json": decisions,
        "receipts.json": _receipts(connection, settings, registry, decisions),
        "policy.json": _policies(registry, decisions),
        "proof.json": links(connection, found),
    }
    return _zip(about, files)


def _zip(about: Row, files: Row) -> bytes:
    contents = {name: _json(value) for name, value in files.items()}
    contents["index.html"] = page(about, files).encode()
    for name in ("VERIFY.txt", "verify.py"):
        contents[name] = (_HERE / name).read_bytes()
    sums = [f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in sorted(contents.items())]
    contents["SHA256SUMS"] = "".join(sums).encode()
    if problems(contents.__getitem__):
        raise ConsentError("the proof of these decisions does not hold; `consent verify` names what is wrong")
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(contents.items()):
            member = zipfile.ZipInfo(name, _MADE)
            member.compress_type, member.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(member, content)
    return made.getvalue()


def _json(value: Any) -> bytes:
    return json.dumps(value, indent=2, ensure_ascii=False).encode() + b"\n"


def _positions(connection: duckdb.DuckDBPyConnection, subject: str, site: str) -> list[Position]:
    return connection.execute(
        'select topic_id, partition, "offset" from raw.events '
        "where kind = 'decision' and subject = $subject and ($site = '' or site = $site)",
        {"subject": subject, "site": site},
    ).fetchall()


def _finding(connection: duckdb.DuckDBPyConnection, given: str, site: str) -> Row:
    """The finding with its rule and history."""
    condition = "starts_with(finding_id, $given) and ($site = '' or site = $site)"
    values = {"given": given.lower(), "site": site}
    listed = (
        table_rows(connection, f"select * from marts.findings where {condition} limit 2", values)  # noqa: S608
        if len(given) >= _SHORTEST
        else []
    )
    if len(listed) != 1:
        where = f" at {site}" if site else ""
        raise ConsentError(
            "several findings begin so; give the whole id"
            if listed
            else f"no decision of such a subject{where}, and no finding{where} whose id begins so; "
            "`consent findings list --format json` shows the ids"
        )
    [finding] = listed
    which = {"rule": finding["rule_id"], "rule_case": finding.get("rule_case", "")}
    rule = "select * from marts.rules where rule_id = $rule and rule_case in ('', $rule_case) order by rule_case"
    history = 'select * from marts.finding_history where finding_id = $finding order by "at", event'
    return {
        "finding": finding,
        "rule": table_rows(connection, rule, which)[-1:],
        "history": table_rows(connection, history, {"finding": finding["finding_id"]}),
    }


def _events(connection: duckdb.DuckDBPyConnection, places: Iterable[Row]) -> list[Row]:
    """The events that evidence points to. What was erased or purged since, and lines of a policy, have none."""
    return [
        event
        for place in places
        if "offset" in place
        for event in table_rows(
            connection,
            "select * from raw.events where topic = $topic and partition = $partition "
            'and "offset" = $offset order by topic_id',
            {name: place[name] for name in ("topic", "partition", "offset")},
        )
    ]


def _receipts(
    connection: duckdb.DuckDBPyConnection, settings: Settings, registry: Registry, decisions: list[Row]
) -> list[Row]:
    """One JSON-LD document for each subject, of these decisions alone."""
    wanted = {one["event_id"] for one in decisions}
    documents = []
    for subject in sorted({one["subject"] for one in decisions if SUBJECT.fullmatch(one["subject"])}):
        document = receipts(dossier(connection, settings, subject), registry)
        of_these = {one["record_id"]: one for one in document["receipts"] if one["record_id"] in wanted}
        documents.append(document | {"receipts": list(of_these.values())})
    return documents


def _policies(registry: Registry, decisions: list[Row]) -> Row:
    """By site what its policy declares about the versions and texts that decisions name; null where it does not."""
    told: Row = {}
    for name in sorted({one["site"] for one in decisions}):
        site = registry.sites.get(name)
        own = [one for one in decisions if one["site"] == name]
        versions = {
            one.version: {"effective_from": one.effective_from, "material": one.material}
            for one in (site.versions if site else [])
        }
        texts: dict[str, list[Row]] = {}
        for banner in site.banners if site else []:
            if banner.notice_hash:
                text = banner.model_dump(mode="json", include={"id", "version", "language"})
                texts.setdefault(banner.notice_hash, []).append(text)
        told[name] = {
            "controller": site.controller if site else None,
            "contact": site.contact if site else None,
            "versions": {
                v: versions.get(v) for v in sorted({d["policy_version"] for d in own if "policy_version" in d})
            },
            "texts_by_sha256": {h: texts.get(h) for h in sorted({d["notice_hash"] for d in own if "notice_hash" in d})},
        }
    return told
