"""What kind of file a declaration is, by what is in it rather than by its name."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from bs4 import BeautifulSoup, Tag
from bs4.dammit import UnicodeDammit

from consent.declarations import columns
from consent.declarations.draft import Draft
from consent.declarations.prose import read_prose
from consent.errors import ConsentError

_EXPECTED = (
    "expected a cookie policy as text or HTML, or a list of cookies as CSV or JSON with a column for the name"
    " and at least one other (provider, category, expiry, purpose, …)"
)
_HEADINGS = ["h1", "h2", "h3", "h4", "h5", "h6", "caption", "summary"]


def read_declarations(path: Path, meaning: dict[str, str], only: Iterable[str] = ()) -> Draft:
    """Read a file of declarations. `only` keeps rows whose name or provider contains one of the words, in any case.

    Raises ConsentError where the file cannot be read, or holds neither a row nor a provider.
    """
    try:
        text = UnicodeDammit(path.read_bytes(), ["utf-8"]).unicode_markup
    except OSError as error:
        raise ConsentError(f"{path}: cannot be read: {error.strerror}") from None
    if text is None:
        raise ConsentError(f"{path}: {_EXPECTED}; came bytes that are no text")
    draft = Draft(meaning)
    _read(draft, text.removeprefix("\ufeff"), path)
    words = [word.lower() for word in only]
    if words:
        draft.rows = [row for row in draft.rows if any(w in f"{row.name} {row.provider}".lower() for w in words)]
        kept = {row.where for row in draft.rows}
        draft.questions = [question for question in draft.questions if question.where in kept]
    draft.compare()
    if not draft.rows and not draft.providers:
        of = f" that mentions {' or '.join(only)}" if words else ""
        raise ConsentError(f"{path}: {_EXPECTED}; found none{of}")
    return draft


def _read(draft: Draft, text: str, path: Path) -> None:
    start = text.lstrip()[:1]
    if start in ("{", "[") and _read_json(draft, text, path):
        return
    if start == "<" or path.suffix.lower() in (".html", ".htm"):
        _read_html(draft, text)
    elif not _read_csv(draft, text):
        read_prose(draft, text)


def _read_json(draft: Draft, text: str, path: Path) -> bool:
    try:
        columns.read_nested(draft, json.loads(text))
    except json.JSONDecodeError as error:
        if path.suffix.lower() == ".json":
            raise ConsentError(f"{path}:{error.lineno}: expected JSON: {error.msg}") from None
        return False
    return True


def _read_csv(draft: Draft, text: str) -> bool:
    first = text.lstrip().partition("\n")[0]
    for delimiter in (",", ";", "\t"):
        header = next(csv.reader([first], delimiter=delimiter), [])
        if columns.fields(header):
            reader = csv.DictReader(io.StringIO(text.lstrip(), newline=""), delimiter=delimiter)
            columns.read_records(draft, _numbered(reader))
            return True
    return False


def _numbered(reader: csv.DictReader[str]) -> Iterator[tuple[str, Mapping[str, object]]]:
    for record in reader:
        yield f"line {reader.line_num}", {column: cell for column, cell in record.items() if column and cell}


def _read_html(draft: Draft, text: str) -> None:
    page = BeautifulSoup(text, "html.parser")
    for unseen in page.find_all(["script", "style", "noscript", "template"]):
        unseen.decompose()
    for number, table in enumerate(page.find_all("table"), start=1):
        if _read_table(draft, table, number):
            table.decompose()
    for item in page.find_all("li"):
        item.insert(0, "• ")
    for title in page.find_all(_HEADINGS):
        title.insert(0, "# ")
    for block in page.find_all(["p", "li", "br", "tr", "div", "dt", "dd", *_HEADINGS]):
        block.append("\n")
    lines = (" ".join(line.split()) for line in page.get_text().splitlines())
    read_prose(draft, "\n".join(lines))


def _read_table(draft: Draft, table: Tag, number: int) -> bool:
    grid = [
        [" ".join(cell.get_text(" ").split()) for cell in row.find_all(["th", "td"])] for row in table.find_all("tr")
    ]
    header = next((row for row in grid if columns.fields(row)), None)
    if header is None:
        return False
    heading = table.find("caption") or table.find_previous(_HEADINGS)
    above = heading.get_text(" ") if heading else ""
    has_category = "category" in columns.fields(header).values()
    for place, cells in enumerate(grid[grid.index(header) + 1 :], start=1):
        record = dict(zip(header, cells, strict=False)) if any(cells) else {}
        if record and not has_category and draft.category(above):
            record["category"] = above
        columns.read_records(draft, [(f"table {number}, row {place}", record)])
    return True
