"""A draft as YAML: what the document says as values, what it leaves open as comments."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from consent.declarations.draft import Draft, Row

_HEAD = """\
# A draft made from {source}; nobody has reviewed it yet.
# Every row is one row of the document, in its order. A key that is not there is something the document does not say.
"""


def to_yaml(draft: Draft, source: str, site: str | None = None) -> str:
    """The draft as a site file that `consent audit` takes; `site` is the id that events will carry."""
    lines = [_HEAD.format(source=_plain(source)).rstrip()]
    if draft.questions:
        lines.append("#")
        lines.append(f"# {len(draft.questions)} to decide:")
        lines += [f"#   {_plain(str(question))}" for question in draft.questions]
    lines.append(f"site: {_scalar(site or _site_id(source))}" + ("" if site else "  # from the file's name: set it"))
    for key in ("controller", "contact"):
        value = getattr(draft, key)
        if value:
            lines.append(f"{key}: {_scalar(value)}")
    if draft.effective_from:
        lines += [
            "versions:",
            f"  - version: {_scalar(draft.effective_from)}",
            f"    effective_from: {draft.effective_from}",
        ]
    if draft.providers:
        lines += ["", "providers:"]
        for name, sets_storage in draft.providers.items():
            lines.append(f"  - name: {_scalar(name)}")
            lines += ["    sets_storage: true"] if sets_storage else []
    lines += ["", "storage:" if draft.rows else "storage: []"]
    for row in draft.rows:
        lines += _row(row)
    return "\n".join(lines) + "\n"


def _row(row: Row) -> list[str]:
    values = {
        key: getattr(row, key)
        for key in ("name", "type", "domain", "provider", "party", "category")
        if getattr(row, key)
    }
    pairs = [f"{key}: {_scalar(value)}" for key, value in values.items()]
    if len(row.lifetimes) == 1:
        pairs.append(f"lifetime: {row.lifetimes[0]}")
    elif row.lifetimes:
        pairs.append(f"lifetime: [{', '.join(row.lifetimes)}]")
    if row.purpose:
        pairs.append(f"purpose: {_scalar(row.purpose[:2000])}")
    if not pairs:
        pairs = ["type: cookie"]
    return [f"  - {pairs[0]}  # {_plain(row.where)}", *(f"    {pair}" for pair in pairs[1:])]


def _scalar(text: str) -> str:
    """One line of YAML that reads as this text, and never as anything else."""
    return yaml.safe_dump(text, allow_unicode=True, width=10**9).removesuffix("...\n").strip()


def _plain(text: str) -> str:
    return re.sub(r"[^\S ]+|[\x00-\x1f\x7f-\x9f\u2028\u2029]", " ", text)


def _site_id(source: str) -> str:
    return re.sub(r"[^a-z0-9.-]+", "-", Path(source).stem.lower()).strip("-.") or "site"
