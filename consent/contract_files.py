"""The contract's other forms: decoding SQL, JSON Schema, docs table. `python -m consent.contract_files` writes them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from consent.contract import CANONICAL_CATEGORIES, FIELDS, KINDS, REASONS, SCHEMA_VERSION, STORAGE, Field, json_schema
from consent.decoding import decode_sql
from consent.plain import plain_sql, typed_sql
from consent.settings import ROOT


def contract_files() -> dict[Path, str]:
    """Every file made from the contract, with its text."""
    return {
        ROOT / "sql" / "landing" / "decode.sql": decode_sql(),
        ROOT / "sql" / "landing" / "plain.sql": plain_sql(),
        ROOT / "sql" / "landing" / "typed.sql": typed_sql(),
        ROOT / "docs" / "event.schema.json": json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n",
        ROOT / "docs" / "events.md": "\n".join(_page()) + "\n",
    }


def _page() -> Iterator[str]:
    yield f"# The consent event, schema version {SCHEMA_VERSION}"
    yield ""
    yield "Made from `consent/contract.py` by `make contract`; machines read [event.schema.json](event.schema.json)."
    yield ""
    yield "One JSON object per record, UTF-8, topic `consent.events`, key = `subject`. Unknown fields are ignored."
    yield "`null` is a value like any other and only `storage[].lifetime_s` takes it: leave out what does not apply."
    yield "A record that breaks a rule below is set aside whole and untouched, with a reason that names the field."
    yield ""
    yield "| field | type | required | meaning |"
    yield "|---|---|---|---|"
    for field in FIELDS:
        yield _row(field, field.path)
    for member in STORAGE:
        yield _row(member, f"storage[].{member.path}")
    yield ""
    yield f"Canonical categories are {', '.join(CANONICAL_CATEGORIES)}; synonyms are in `policies/categories.yaml`."
    yield ""
    yield "## Reasons in quarantine"
    yield ""
    yield "A reason reads `code field: expected …`."
    yield ""
    yield "| code | meaning |"
    yield "|---|---|"
    for code, meaning in REASONS.items():
        yield f"| {code} | {meaning} |"


def _row(field: Field, path: str) -> str:
    return f"| {path} | {_type(field)} | {_required(field)} | {field.meaning} |"


def _type(field: Field) -> str:
    parts: list[str] = [field.type]
    if field.nullable:
        parts.append("or null")
    if field.enum:
        parts.append(f"one of {', '.join(field.enum)}")
    if field.expected:
        parts.append(field.expected)
    elif field.max_length:
        parts.append(f"{field.min_length}–{field.max_length} characters")
    if field.type == "integer" and field.maximum is not None:
        parts.append(f"0–{field.maximum:,}")
    if field.values and field.type == "object":
        parts.append(f"of {field.values}")
    if field.default:
        parts.append(f"default {field.default}")
    return ", ".join(parts)


def _required(field: Field) -> str:
    if field.required == KINDS:
        return "yes"
    return "for " + " and ".join(field.required) if field.required else ""


def main() -> None:
    """Write the files that are not current."""
    for path, text in contract_files().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
