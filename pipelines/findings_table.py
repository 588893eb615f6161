"""Findings on a terminal, or as JSON or CSV."""

from __future__ import annotations

import sys
from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table

_COLUMNS = [
    *("finding_id", "rule_id", "kind", "severity", "jurisdiction", "site", "subject", "item"),
    *("first_seen", "last_seen", "occurrences", "observed", "allowed", "evidence", "citation", "status"),
]
_SHOWN = ["severity", "site", "rule_id", "item", "jurisdiction", "observed", "allowed", "citation"]
_STYLES = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "dim"}


def print_findings(found: list[dict[str, Any]], output: str) -> None:
    """Print findings (with the columns of the relation `findings`) to standard output as table, json or csv."""
    findings = pd.DataFrame(found, columns=_COLUMNS)
    if output == "json":
        findings.to_json(sys.stdout, orient="records", date_format="iso", indent=2)
        sys.stdout.write("\n")
    elif output == "csv":
        findings.to_csv(sys.stdout, index=False)
    else:
        _print_table(findings)


def _print_table(findings: pd.DataFrame) -> None:
    console = Console(width=None if sys.stdout.isatty() else 200)
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in _SHOWN:
        table.add_column(column, overflow="fold")
    for row in findings[_SHOWN].itertuples(index=False):
        table.add_row(*(str(value) for value in row), style=_STYLES[str(row.severity)])
    console.print(table)
    counts = findings["severity"].value_counts()
    summary = ", ".join(f"{counts[severity]} {severity}" for severity in _STYLES if severity in counts) or "no findings"
    console.print(f"\n{len(findings)} findings: {summary}" if len(findings) else summary)
