"""The pages made from the code are current, so that every setting, command, rule and relation is documented."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.documents import documents


@pytest.mark.parametrize(("path", "text"), documents().items(), ids=lambda value: getattr(value, "name", ""))
def test_the_page_is_current(path: Path, text: str) -> None:
    assert path.read_text(encoding="utf-8") == text, "run `make docs`"
