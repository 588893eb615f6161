"""Gathers every message of pages, templates and policies into the catalogs: `make messages`.

Run it after a text changed; then translate what is empty in `locale/<language>/LC_MESSAGES/messages.po`.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from consent.settings import ROOT
from dashboards import i18n

HERE = Path(__file__).resolve().parent
_METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
_OPTIONS = {
    "templates/**.html": {"trimmed": "true", "newstyle_gettext": "true", "trim_blocks": "true", "lstrip_blocks": "true"}
}
_READ = ("title", "description", "excludes", "citation")  # keys of the policies' texts
_KEYWORDS = {
    "_": None, "gettext": None, "ngettext": (1, 2), "N_": None, "NN_": (1, 2),
}  # fmt: skip


def extract() -> Catalog:
    """Every message, with where it stands."""
    catalog = Catalog(project="Consent analytics", charset="utf-8", fuzzy=False)
    found = extract_from_dir(str(HERE), _METHODS, _OPTIONS, keywords=_KEYWORDS, comment_tags=("Translators:",))
    for file, line, message, comments, context in found:
        catalog.add(message, None, [(f"dashboards/{file}", line)], auto_comments=comments, context=context)
    for file, line, message, *_ in extract_from_dir(
        str(ROOT / "consent"), _METHODS, keywords={"say": None, "marked": None}
    ):
        catalog.add(message, None, [(f"consent/{file}", line)])
    for name, message in policy_messages():
        catalog.add(message, None, [(f"policies/{name}", 0)])
    return catalog


def policy_messages() -> Iterator[tuple[str, str]]:
    """What rules and their cases, metrics, limits and duties say of themselves: (file, message)."""
    folder = ROOT / "policies"
    for path in (
        folder / "rules.yaml",
        folder / "jurisdictions.yaml",
        folder / "metrics.yaml",
        *sorted((folder / "metrics").glob("*.yaml")),
    ):
        for text in _told(yaml.safe_load(path.read_text(encoding="utf-8"))):
            yield str(path.relative_to(folder)), " ".join(text.split())


def _told(entry: Any) -> Iterator[str]:
    """The values of the keys that people read, at any depth."""
    if isinstance(entry, dict):
        for key, value in entry.items():
            if key in _READ and isinstance(value, str):
                yield value
            else:
                yield from _told(value)
    elif isinstance(entry, list):
        for value in entry:
            yield from _told(value)


def main() -> None:
    """Bring the catalogs up to date; what is translated stays, what is new is empty, what is gone goes."""
    template = extract()
    for language in i18n.LANGUAGES:
        if language == i18n.DEFAULT:
            continue
        path = i18n.LOCALES / language / "LC_MESSAGES" / "messages.po"
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            catalog = read_po(io.BytesIO(path.read_bytes()), locale=language)
        else:
            catalog = Catalog(locale=language, project="Consent analytics", charset="utf-8", fuzzy=False)
        catalog.update(template, no_fuzzy_matching=True)
        catalog.obsolete.clear()
        write(catalog, path)


def write(catalog: Catalog, path: Path) -> None:
    """The catalog in the order of its messages and without dates: what did not change gives the same bytes."""
    catalog.header_comment = "# Messages of the dashboard and its reports. `make messages` brings this file up to date."
    buffer = io.BytesIO()
    write_po(buffer, catalog, width=0, no_location=True, sort_output=True, ignore_obsolete=True)
    dated = (b'"POT-Creation-Date', b'"PO-Revision-Date', b'"Last-Translator', b'"Language-Team', b'"Report-Msgid')
    path.write_bytes(b"".join(line for line in buffer.getvalue().splitlines(True) if not line.startswith(dated)))


if __name__ == "__main__":
    main()
