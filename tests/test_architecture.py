"""What the tree promises to whoever opens it: layers, small modules, one SELECT per file, nothing of one machine."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import duckdb
import pytest

from consent.models import SQL, Statement
from consent.settings import ROOT

PACKAGES = ("consent", "ingestion", "pipelines", "dashboards")
LONGEST_MODULE = 300
STATEMENTS = sorted(SQL.glob("*/*.sql"))
# Written in two parts, so that this file is not found by itself.
DOWNLOAD_HOSTS = [
    f"{name}.{ending}"
    for name, ending in [
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("repo1.maven", "org"),
        ("repo.maven.apache", "org"),
        ("registry.npmjs", "org"),
        ("proxy.golang", "org"),
        ("deb.debian", "org"),
        ("jsdelivr", "net"),
        ("unpkg", "com"),
        ("cdnjs.cloudflare", "com"),
        ("fonts.googleapis", "com"),
        ("extensions.duckdb", "org"),
    ]
]
MACHINE_PATHS = [f"/{folder}/" for folder in ("work", "root", "home", "Users", "tmp/w")]


def tracked() -> list[Path]:
    """The files of the repository, also those that are not committed yet."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_layers() -> None:
    checked = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("package", PACKAGES)
def test_modules_are_small(package: str) -> None:
    lengths = {name(path): path.read_text().count("\n") for path in (ROOT / package).rglob("*.py")}
    assert lengths
    assert {path: length for path, length in lengths.items() if length > LONGEST_MODULE} == {}


@pytest.mark.parametrize("package", PACKAGES)
def test_modules_say_what_they_are(package: str) -> None:
    silent = [name(p) for p in (ROOT / package).rglob("*.py") if not p.read_text().startswith('"""')]
    assert silent == []


@pytest.mark.parametrize("path", STATEMENTS, ids=name)
def test_sql_file_is_one_select_with_a_header(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    statements = duckdb.extract_statements(text)
    assert [statement.type for statement in statements] == [duckdb.StatementType.SELECT]
    statement = Statement(path, text)
    assert statement.header[0].startswith(f"{path.stem}: "), "the first line is `-- <file name>: what one row is`"
    assert statement.title
    assert statement.grain
    assert statement.owner


def test_no_download_host() -> None:
    found = [(name(path), host) for path in tracked() for host in DOWNLOAD_HOSTS if host.encode() in path.read_bytes()]
    assert found == []


def test_no_path_of_one_machine() -> None:
    paths = re.compile("|".join(rf"(?<![\w.$}}~:/-]){folder}" for folder in MACHINE_PATHS).encode())
    found = [name(path) for path in tracked() if paths.search(path.read_bytes())]
    assert found == []


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = [
        project["project"]["dependencies"],
        *project["project"]["optional-dependencies"].values(),
        *project["dependency-groups"].values(),
    ]
    needed = {re.split(r"[<>=\[; ]", requirement)[0] for group in groups for requirement in group}
    table = (ROOT / "CONTRIBUTING.md").read_text().partition("## Dependencies")[2]
    explained = {
        package for row in re.findall(r"^\| ([a-z0-9, -]+) \|", table, re.MULTILINE) for package in row.split(", ")
    }
    assert explained - {"package"} == needed


@pytest.mark.parametrize("lock", sorted(path.name for path in ROOT.glob("requirements*.lock")))
def test_lock_files_pin_every_package_with_hashes_and_name_no_host(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "://" not in text
    requirements = re.split(r"\n(?=\w)", re.sub(r"(?m)^ *#.*\n?", "", text).strip())
    assert [line for line in requirements if not re.match(r"[\w.-]+(\[\w+\])?==", line)] == []
    assert [line for line in requirements if "--hash=sha256:" not in line] == []


def test_locked_versions_agree() -> None:
    versions: dict[str, set[frozenset[str]]] = {}
    for path in ROOT.glob("requirements*.lock"):
        pins = re.findall(r"(?m)^([\w.-]+)(?:\[\w+\])?==(\S+)", path.read_text())
        for package in {package for package, _ in pins}:  # a package may have one version for each Python
            versions.setdefault(package, set()).add(frozenset(pin for name, pin in pins if name == package))
    assert {package: found for package, found in versions.items() if len(found) > 1} == {}
