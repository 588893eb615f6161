"""The metric registry: every number that is shown, by name, with its formula and what it leaves out.

`Metrics.load(folder)` reads `metrics.yaml`, and a team's own `metrics/*.yaml` beside it. A metric is one formula over
the sums of a daily relation, or one over another; SQL, API, dashboard, docs and the relation `metrics` are made from
that, so that no two of them can differ. The formulas of the columns that the published relations carry are fixed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from consent.errors import ConsentError
from consent.formulas import Formula, parse
from consent.policy_files import Document, Loc, Strict, read, suggestion
from consent.settings import ROOT

FILE = "metrics.yaml"
SHIPPED = ROOT / "policies" / FILE
# Columns of the published relations that are metrics: a definition of another kind needs a name of its own.
FIXED = ("opt_in_rate", "consent_rate", "interaction_rate", "accept_all_rate", "no_choice")
_PLACES = ("site", "platform", "region", "banner_id", "banner_version", "variant")


@dataclass(frozen=True)
class Relation:
    """A daily relation that metrics are computed over: the counts that add up, and what they can be split by."""

    counts: tuple[str, ...]
    dimensions: tuple[str, ...]


RELATIONS = {
    "prompts_daily": Relation(
        ("shown", "choices", "accept_all", "reject_all", "save", "dismissed", "withdrawals"), _PLACES
    ),
    "opt_in_daily": Relation(("shown", "choices", "asked", "granted", "denied"), (*_PLACES, "category")),
    "funnel_daily": Relation(("shown", "interacted", "chose", "granted_any", "granted_all"), (*_PLACES, "layer")),
    "coverage_daily": Relation(("replays", "consented"), ("site", "platform", "region", "category")),
}
Over = Literal["prompts_daily", "opt_in_daily", "funnel_daily", "coverage_daily"]
Unit = Literal["prompts", "choices", "answers", "decisions", "dismissals", "page views"]
_Text = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
_Formula = Annotated[str, BeforeValidator(lambda value: str(value) if isinstance(value, int) else value)]
_Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]


@dataclass(frozen=True)
class Metric:
    """One metric. `unit` is what is counted: in the numerator, and for a rate in the denominator too.

    `null_when` says over which sums there is no number at all; null is never clipped and never zero. `watch`: a drop of
    it is an alert. `presets` are the titles of the presets that use it, with the name it has there.
    """

    name: str
    title: str
    description: str
    unit: str
    over: str
    numerator: Formula
    denominator: Formula | None
    null_when: Formula | None
    excludes: str
    source: str
    watch: bool = False
    presets: tuple[str, ...] = ()

    @property
    def is_rate(self) -> bool:
        """Whether it is a share; else it is a count."""
        return self.denominator is not None

    @property
    def formula(self) -> str:
        """As people read it: `granted ÷ shown`."""
        if self.denominator is None:
            return self.numerator.shown
        parts = (f"({one.shown})" if one.is_compound else one.shown for one in (self.numerator, self.denominator))
        return " ÷ ".join(parts)

    @property
    def expression(self) -> str:
        """SQL for a select list over grouped rows of `over`: a double for a rate, a bigint for a count."""
        value = self.numerator_sql
        if self.denominator is not None:
            value = f"{self.numerator.sql} / nullif({self.denominator.sql}, 0)"
        return f"case when {self.null_when.sql} then null else {value} end" if self.null_when else value

    @property
    def numerator_sql(self) -> str:
        """SQL of the numerator over grouped rows."""
        return _counted(self.numerator)

    @property
    def denominator_sql(self) -> str:
        """SQL of the denominator over grouped rows; null for a count."""
        return _counted(self.denominator) if self.denominator else "null"

    def value(self, sums: dict[str, float | None]) -> float | None:
        """The metric in Python over sums that are given, None where it is null."""
        if self.null_when and self.null_when.value(sums):
            return None
        above = self.numerator.value(sums)
        below = self.denominator.value(sums) if self.denominator else 1.0
        return above / below if above is not None and below else None


@dataclass(frozen=True)
class Preset:
    """The metrics as another product names them: its name for each → ours, and where ours still differs."""

    name: str
    title: str
    metrics: dict[str, str]
    differs: str


class _MetricEntry(Strict):
    title: _Text
    description: _Text
    unit: Unit
    over: Over
    numerator: _Formula
    denominator: _Formula | None = None
    null_when: _Formula | None = None
    excludes: _Text
    source: _Text
    watch: bool = False


class _PresetEntry(Strict):
    title: _Text
    metrics: dict[_Name, _Name] = Field(min_length=1)
    differs: _Text


class _File(Strict):
    metrics: dict[_Name, _MetricEntry] = Field(min_length=1)
    presets: dict[_Name, _PresetEntry] = Field(default_factory=dict)


@dataclass(frozen=True)
class Metrics:
    """Metrics and presets by name, in the order of their files; `documents` by path inside the folder."""

    metrics: dict[str, Metric] = field(default_factory=dict)
    presets: dict[str, Preset] = field(default_factory=dict)
    documents: dict[str, Document] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Metric]:
        return iter(self.metrics.values())

    def __getitem__(self, name: str) -> Metric:
        """The metric of a name. Raises ConsentError that says which there are."""
        if name not in self.metrics:
            near = suggestion(name, list(self.metrics))
            raise ConsentError(f"no metric {name!r}{near}; expected one of {', '.join(self.metrics)}")
        return self.metrics[name]

    @classmethod
    def load(cls, folder: Path) -> Metrics:
        """The folder's metrics; without a `metrics.yaml` those the product ships. Raises PolicyError."""
        shipped = cls.read(SHIPPED)
        own = folder / FILE
        registry = cls.read(own) if own.exists() and own.resolve() != SHIPPED else shipped
        for path in sorted((folder / "metrics").glob("*.yaml")):
            registry = registry._with(read(path), f"metrics/{path.name}")
        for name in FIXED:
            registry._check_fixed(name, shipped)
        return registry._naming_presets()

    @classmethod
    def read(cls, path: Path) -> Metrics:
        """One file by itself, wherever it lies. Raises PolicyError."""
        return cls()._with(read(path), FILE)._naming_presets()

    def _with(self, document: Document, name: str) -> Metrics:
        entries = document.validate(_File)
        metrics, presets = dict(self.metrics), dict(self.presets)
        for key, entry in entries.metrics.items():
            if key in metrics:
                raise document.wrong(("metrics", key), f"{key!r} is already defined in {self._file_of(key)}")
            metrics[key] = _metric(key, entry, document)
        for key, preset in entries.presets.items():
            if key in presets:
                raise document.wrong(("presets", key), f"{key!r} is already defined")
            for theirs, ours in preset.metrics.items():
                if ours not in metrics:
                    loc: Loc = ("presets", key, "metrics", theirs)
                    near = suggestion(ours, list(metrics))
                    raise document.wrong(loc, f"no metric {ours!r}{near}; expected one of {', '.join(metrics)}")
            presets[key] = Preset(key, preset.title, preset.metrics, preset.differs)
        return Metrics(metrics, presets, {**self.documents, name: document})

    def _file_of(self, name: str) -> Path:
        return next(one.path for one in self.documents.values() if ("metrics", name) in one.lines)

    def _check_fixed(self, name: str, shipped: Metrics) -> None:
        ours, theirs = shipped.metrics[name], self.metrics.get(name)
        if theirs is not None and (theirs.over, theirs.expression) == (ours.over, ours.expression):
            return
        document = next((one for one in self.documents.values() if ("metrics", name) in one.lines), None)
        problem = f"{name!r} is a column of the published relation {ours.over}, always {ours.formula}"
        if document is None:
            raise next(iter(self.documents.values())).wrong(("metrics",), f"{problem}: define it")
        raise document.wrong(("metrics", name), f"{problem}; give your own definition another name")

    def _naming_presets(self) -> Metrics:
        used: dict[str, list[str]] = {name: [] for name in self.metrics}
        for preset in self.presets.values():
            for theirs, ours in preset.metrics.items():
                used[ours].append(f"{preset.title}: {theirs}")
        named = {name: replace(metric, presets=tuple(used[name])) for name, metric in self.metrics.items()}
        return replace(self, metrics=named)


def _counted(formula: Formula) -> str:
    """A sum of bigints is a hugeint, which pandas would take for a float."""
    return f"cast({formula.sql} as bigint)" if formula.counts else formula.sql


def _metric(name: str, entry: _MetricEntry, document: Document) -> Metric:
    counts = RELATIONS[entry.over].counts

    if entry.watch and entry.denominator is None:
        raise document.wrong(("metrics", name, "watch"), "only a rate can be watched: give it a denominator")

    def formula(key: str, text: str | None, *, comparison: bool = False) -> Any:
        try:
            return None if text is None else parse(text, counts, comparison=comparison)
        except ValueError as error:
            raise document.wrong(("metrics", name, key), str(error)) from None

    return Metric(
        name,
        entry.title,
        entry.description,
        entry.unit,
        entry.over,
        formula("numerator", entry.numerator),
        formula("denominator", entry.denominator),
        formula("null_when", entry.null_when, comparison=True),
        entry.excludes,
        entry.source,
        entry.watch,
    )
