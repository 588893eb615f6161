"""Models: each `sql/<schema>/<name>.sql` is one SELECT, and becomes the table `<schema>.<name>`.

A file opens with comment lines: `-- name: what one row is`, then `-- grain: columns   owner: team`, where it can be
built in parts `-- incremental: event|subject|earliest|date|new`, where SQL is not enough
`-- python: package.module.function`, where it is not worth a copy `-- materialized: view`, then prose. consent/build.py
says what becomes of each.
A line `-- keeps relation: columns` says that the model's own rows, so written, are those of the relation it was made
from: then a part is built from them and from what changed, and the relation is not searched for a subject's past.
What a model reads is what its SELECT names, so the order of building is never written down twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from graphlib import TopologicalSorter
from pathlib import Path

from consent.settings import ROOT

SQL = ROOT / "sql"
_HEADER = re.compile(r"\A(?:--[^\n]*\n)+")
_GRAIN = re.compile(r"^grain:\s*(?P<grain>.*?)(?:\s{2,}owner:\s*(?P<owner>.*))?$")
_INCREMENTAL = re.compile(r"^incremental:\s*(?P<part>event|subject|earliest|date|new)$")
_KEEPS = re.compile(r"^keeps (?P<relation>[a-z_.]+):\s*(?P<columns>.+)$")
_PYTHON = re.compile(r"^python:\s*(?P<function>[\w.]+)$")
_VIEW = re.compile(r"^materialized:\s*view$")
_RELATION = re.compile(r"\b(raw|policy|life|staging|marts|rules)\.([a-z_]+)\b")


@dataclass(frozen=True)
class Statement:
    """One SQL file: its header as facts, its text as one statement."""

    path: Path
    text: str

    @property
    def name(self) -> str:
        """The file's name without its ending."""
        return self.path.stem

    @property
    def folder(self) -> str:
        """The folder under `sql/`, which for models is the schema."""
        return self.path.parent.name

    @cached_property
    def body(self) -> str:
        """The statement without its comments."""
        return re.sub(r"--[^\n]*", "", self.text)

    @property
    def relation(self) -> str:
        """`schema.name`, as other statements call it."""
        return f"{self.folder}.{self.name}"

    @cached_property
    def header(self) -> list[str]:
        """The leading comment lines, without their dashes."""
        match = _HEADER.match(self.text)
        return [line.removeprefix("--").strip() for line in match.group().splitlines()] if match else []

    @cached_property
    def title(self) -> str:
        """What one row is, from the first line `name: …`."""
        return self.header[0].partition(":")[2].strip() if self.header else ""

    @cached_property
    def grain(self) -> list[str]:
        """The columns that make a row unique."""
        match = next((m for line in self.header if (m := _GRAIN.match(line))), None)
        return [column.strip() for column in match["grain"].split(",")] if match else []

    @cached_property
    def owner(self) -> str:
        """The team that answers for it."""
        match = next((m for line in self.header if (m := _GRAIN.match(line))), None)
        return (match["owner"] or "").strip() if match else ""

    @cached_property
    def notes(self) -> str:
        """The header's prose below grain and owner."""
        return " ".join(line for line in self.header[1:] if not _is_fact(line))

    @cached_property
    def incremental(self) -> str:
        """In which parts it can be rebuilt, as consent/build.py has them; empty: always as a whole."""
        match = next((m for line in self.header if (m := _INCREMENTAL.match(line))), None)
        return match["part"] if match else ""

    @cached_property
    def keeps(self) -> tuple[str, str]:
        """A relation whose rows can be read from the model's own, and what is to be selected for that; else empty."""
        match = next((m for line in self.header if (m := _KEEPS.match(line))), None)
        return (match["relation"], match["columns"]) if match else ("", "")

    @cached_property
    def python(self) -> str:
        """The function (`package.module.name`, frame in, frame out) its rows go through; empty: none."""
        match = next((m for line in self.header if (m := _PYTHON.match(line))), None)
        return match["function"] if match else ""

    @cached_property
    def is_view(self) -> bool:
        """Whether it is read through to what it selects from, instead of being written down."""
        return any(_VIEW.match(line) for line in self.header)

    @cached_property
    def reads(self) -> frozenset[str]:
        """The relations it names, itself left out."""
        return frozenset(f"{schema}.{name}" for schema, name in _RELATION.findall(self.body)) - {self.relation}


def _is_fact(line: str) -> bool:
    return any(pattern.match(line) for pattern in (_GRAIN, _INCREMENTAL, _KEEPS, _PYTHON, _VIEW))


@lru_cache
def statement(relation: str) -> Statement:
    """The statement of `folder.name`, for example `landing.decode`."""
    folder, _, name = relation.partition(".")
    path = SQL / folder / f"{name}.sql"
    return Statement(path, path.read_text(encoding="utf-8"))


def statements(folder: str) -> list[Statement]:
    """Every statement of a folder under `sql/`, by name."""
    return [statement(f"{folder}.{path.stem}") for path in sorted((SQL / folder).glob("*.sql"))]


def in_order(models: Iterable[Statement]) -> Iterator[Statement]:
    """The same models, each after those it reads, in one order in every process.

    Raises graphlib.CycleError if they read each other.

    A model that reads `rules.hits` comes after every rule.
    """
    by_relation = {model.relation: model for model in models}
    rules = {relation for relation in by_relation if relation.startswith("rules.")}
    graph = {
        relation: sorted((model.reads & by_relation.keys()) | (rules if "rules.hits" in model.reads else set()))
        for relation, model in by_relation.items()
    }
    return (by_relation[relation] for relation in TopologicalSorter(graph).static_order())


def all_models() -> list[Statement]:
    """Staging, rules and marts, in an order in which they can be built."""
    return list(in_order([*statements("staging"), *statements("rules"), *statements("marts")]))
