"""Checks: each `sql/checks/<name>.sql` is a SELECT of rows that should not be, beside the model it names.

Its header says `checks: <relation>   severity: ERROR|WARN`, and `blocking: no` where a failed ERROR must not keep the
models after it from being built. Every mart is also checked for its grain.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

import dagster as dg

from consent.models import Statement, statements

_CHECKS = re.compile(
    r"^checks:\s*(?P<relation>\S+)\s+severity:\s*(?P<severity>\w+)(?:\s+blocking:\s*(?P<blocking>\w+))?$"
)


@dataclass(frozen=True)
class Check:
    """A check of one model; without a statement it is the check of the model's grain."""

    name: str
    relation: str
    description: str
    severity: dg.AssetCheckSeverity
    blocking: bool
    statement: Statement | None = None

    def spec(self, key: dg.AssetKey) -> dg.AssetCheckSpec:
        """What Dagster shows before it has run."""
        return dg.AssetCheckSpec(self.name, asset=key, description=self.description, blocking=self.blocking)

    def result(self, key: dg.AssetKey, rows: int) -> dg.AssetCheckResult:
        """Passed where there is no row."""
        return dg.AssetCheckResult(
            passed=rows == 0, check_name=self.name, asset_key=key, severity=self.severity, metadata={"rows": rows}
        )


@lru_cache
def _from_files() -> tuple[Check, ...]:
    return tuple(_check(statement) for statement in statements("checks"))


def _check(statement: Statement) -> Check:
    for line in statement.header:
        if match := _CHECKS.match(line):
            severity = dg.AssetCheckSeverity(match["severity"])
            is_error = severity is dg.AssetCheckSeverity.ERROR
            return Check(
                statement.name,
                match["relation"],
                statement.title,
                severity,
                is_error and match["blocking"] != "no",
                statement,
            )
    raise ValueError(f"{statement.path}: no line `-- checks: relation   severity: ERROR|WARN`")


def checks_of(model: Statement) -> list[Check]:
    """The checks of one model."""
    checks = [check for check in _from_files() if check.relation == model.relation]
    if model.folder == "marts":
        title = f"one row per {', '.join(model.grain)}"
        checks.append(Check("grain", model.relation, title, dg.AssetCheckSeverity.ERROR, blocking=True))
    return checks
