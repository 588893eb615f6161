"""A published snapshot, and the app over it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import published
import pytest
from starlette.testclient import TestClient

from consent.settings import Settings
from dashboards.app import create_app


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings whose home holds two weeks of hand-checkable counts."""
    return Settings.load(home=published.home(tmp_path_factory.mktemp("published")))


@pytest.fixture(scope="session")
def client(settings: Settings) -> Iterator[TestClient]:
    """The app over that snapshot."""
    with TestClient(create_app(settings), base_url=published.ADDRESS) as client:
        yield client


@pytest.fixture
def empty(tmp_path: Path) -> TestClient:
    """The app before the first refresh."""
    return TestClient(create_app(Settings.load(home=tmp_path)), base_url=published.ADDRESS)
