"""The contract and what is made from it."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest

from consent.contract import COLUMNS, FIELDS, json_schema
from consent.contract_files import contract_files


@pytest.mark.parametrize(("path", "text"), contract_files().items(), ids=lambda value: getattr(value, "name", ""))
def test_the_files_made_from_the_contract_are_current(path: Path, text: str) -> None:
    assert path.read_text(encoding="utf-8") == text, "run `make contract`"


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())


def test_every_field_but_containers_and_the_version_has_a_column() -> None:
    containers = {"schema_version", "banner", "signals", "source"}
    assert {field.path for field in FIELDS if not field.column} == containers
    names = [name for name, _ in COLUMNS]
    assert len(names) == len(set(names))
