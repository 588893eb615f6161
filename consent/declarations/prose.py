"""A cookie policy as text, in the shapes such texts have.

Those are labelled blocks, bullets that quote names, tables, and rows whose cells ran together when a page was copied.
A heading sets the category and the party of what follows it, until the next heading.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from consent.declarations import columns
from consent.declarations.draft import Draft, Row, party
from consent.declarations.phrases import is_phrase

_LABEL = re.compile(r"^\s*(?P<label>[A-Za-zæøåÆØÅ /]{3,24}?)\s*:\s*(?P<value>.*)$")
_BULLET = re.compile(r"^\s*[•·▪*–-]\s+(?P<provider>[^.:“”\"]{2,60})[.:]\s+(?P<text>\S.*)$")
_MARKS = "\"'`\u2018\u2019\u201c\u201d\u00ab\u00bb"  # what is put around a name
_QUOTED = re.compile(rf"[{_MARKS}](?P<name>[^\s{_MARKS}]{{1,80}})[{_MARKS}]\s+(?:third-party |first-party )?cookie")
_EXPIRES = re.compile(
    r"\b(?:expires?|lasts?|is (?:kept|stored)|lifetime is)\s+(?:after|for|in)?\s*(?P<period>[^.;,]{3,40})"
)
_OF_CATEGORY = re.compile(r"\b(?P<word>strictly necessary|[a-z]+) cookies?\b", re.IGNORECASE)
_GLUED = re.compile(r"third[ -]party|first[ -]party|session|persistent")
_STORES = re.compile(r"\b(?:cookies?|local storage|pixels?|tracking technolog\w+)\b", re.IGNORECASE)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]*\w")
_EFFECTIVE = re.compile(
    r"\beffective(?: date| from)?\s*:?\s+(?P<day>\d{4}-\d\d-\d\d|[A-Za-z]+ \d{1,2}(?:st|nd|rd|th)?,? \d{4}"
    r"|\d{1,2}\.? [A-Za-z]+ \d{4})",
    re.IGNORECASE,
)
_LONGEST_HEADING, _LONGEST_PERIOD = 9, 60


@dataclass
class _Section:
    """What the heading above says of the rows below it."""

    category: str | None = None
    party: str | None = None


def read_prose(draft: Draft, text: str) -> None:
    """Add the rows, providers and questions of a policy's text."""
    reader = _Reader(draft)
    for number, line in enumerate(text.splitlines(), start=1):
        reader.read(f"line {number}", line.strip())
    reader.end_row()
    _read_facts(draft, text)


class _Reader:
    """Goes through the lines; holds the section, the labelled block and the table it is in."""

    def __init__(self, draft: Draft) -> None:
        self._draft, self._section = draft, _Section()
        self._block: dict[str, str] = {}
        self._where = ""
        self._header: list[str] = []

    def read(self, where: str, line: str) -> None:
        if not line or self._table(where, line) or self._label(where, line):
            return
        if self._heading(line):
            self.end_row()
            self._section = _Section(self._draft.category(line), party(line))
        else:
            self._bullet(where, line) or self._glued(where, line)

    def end_row(self) -> None:
        """The labelled block is complete: make it a row."""
        block, self._block = self._block, {}
        if not ({"name", "lifetime"} & set(block)):
            return
        record = {name: value for name, value in block.items() if value}
        row = Row(
            self._where,
            record.get("name"),
            domain=record.get("domain"),
            provider=record.get("provider"),
            party=party(record.get("party")) or self._section.party,
            category=None,
            purpose=record.get("purpose"),
        )
        self._draft.add(row, lifetime=record.get("lifetime"), category=record.get("category") or self._section.category)

    def _table(self, where: str, line: str) -> bool:
        cells = [cell.strip() for cell in re.split(r"\t+|\s*\|\s*", line.strip("|"))]
        if len(cells) < 2:
            self._header = []
            return False
        if columns.fields(cells):
            self.end_row()
            self._header = cells
            return True
        if not self._header or len(cells) > len(self._header) or not re.search(r"\w", line):
            return bool(self._header)
        record: dict[str, object] = dict(zip(self._header, cells, strict=False))
        if self._section.category and "category" not in columns.fields(self._header).values():
            record["category"] = self._section.category
        columns.read_records(self._draft, [(where, record)])
        return True

    def _label(self, where: str, line: str) -> bool:
        found = _LABEL.match(line)
        field = columns.field(found["label"]) if found else None
        if found is None or field is None:
            return False
        if field == "name" or field in self._block:
            self.end_row()
        if not self._block:
            self._where = where
        self._block[field] = found["value"].strip()
        return True

    def _heading(self, line: str) -> bool:
        words = line.rstrip(":").split()
        if line.startswith("#"):  # Markdown's, and what HTML's headings become
            return True
        if not re.search(r"\bcookies?\b|\binformasjonskapsler\b", line, re.IGNORECASE) or line.endswith("."):
            return False
        return line.endswith(":") or (len(words) <= _LONGEST_HEADING and not re.match(r"[•·▪*–-]", line))

    def _bullet(self, where: str, line: str) -> bool:
        found = _BULLET.match(line)
        if not found:
            return False
        provider, text = found["provider"].strip(), found["text"]
        names = list(dict.fromkeys(_QUOTED.findall(text)))
        if not names and not _STORES.search(text):
            return True
        self._draft.providers[provider] = True
        if not names:
            self._draft.ask(where, f"{provider} is said to store something, and no name is given")
        period = _EXPIRES.search(text)
        category = next((c for word in _OF_CATEGORY.findall(text) if (c := self._draft.category(word))), None)
        for name in names:
            row = Row(where, name, provider=provider, party=party(text) or self._section.party, purpose=_purpose(text))
            self._draft.add(
                row, lifetime=period["period"] if period else None, category=category or self._section.category
            )
        return True

    def _glued(self, where: str, line: str) -> bool:
        for kind in _GLUED.finditer(line):
            head, rest = line[: kind.start()].split(), line[kind.end() :]
            if not head or len(head) > 4 or head[-1].endswith((".", ",")) or line[kind.start() - 1].isspace():
                continue
            cut = next(
                (at for at in range(len(rest[:_LONGEST_PERIOD]) + 1) if _may_end(rest, at) and is_phrase(rest[:at])),
                None,
            )
            if cut is None and kind[0] != "session":
                continue
            period, purpose = rest[: cut or 0], rest[cut or 0 :].strip()
            whose = party(kind[0])
            row = Row(where, head[-1], _type_of(head[-1]), party=whose, purpose=purpose or None)
            row.provider = " ".join(head[:-1]) or None
            lifetime = period if whose else f"{kind[0]}, {period}"
            self._draft.add(row, lifetime=lifetime, category=self._section.category)
            return True
        return False


def _may_end(rest: str, at: int) -> bool:
    """Whether a cell may end here: where the next begins with a capital, or the line ends."""
    return at == len(rest) or (at > 0 and rest[at].isupper() and not rest[at - 1].isspace())


def _type_of(name: str) -> str | None:
    return "pixel" if name.lower().endswith((".gif", ".png")) else None


def _purpose(text: str) -> str:
    sentences = re.split(r"(?<=[.!?])\s+", text)
    return " ".join(sentence for sentence in sentences if not _EXPIRES.search(sentence)).strip() or text.strip()


def _read_facts(draft: Draft, text: str) -> None:
    """Who is responsible, how to reach them, and since when, as far as the text says."""
    named = re.search(r"\bprovided by\s*:?\s*(?P<name>[^\n(]{2,80})", text, re.IGNORECASE)
    if named and re.search(r"\bpolicy is provided by\b", text, re.IGNORECASE):
        draft.controller = named["name"].strip(" .,")
    addresses = sorted({address.lower() for address in _EMAIL.findall(text)})
    if len(addresses) == 1:
        draft.contact = addresses[0]
    elif addresses:
        draft.ask("whole text", f"{len(addresses)} addresses to write to; which is the contact?")
    elif re.search(r"\be-?mail us at\s*$", text, re.IGNORECASE | re.MULTILINE):
        draft.ask("whole text", "it says to write to an address, and gives none")
    effective = _EFFECTIVE.search(text)
    if effective:
        draft.effective_from = _day(effective["day"])
    if draft.controller is None:
        draft.ask("whole text", "who is responsible (controller) was not recognised")
    mentioned = re.search(r"\blocal ?storage\b", text, re.IGNORECASE)
    if mentioned and not any(row.type == "local_storage" for row in draft.rows):
        draft.ask(
            f"line {text.count(chr(10), 0, mentioned.start()) + 1}", "local storage is mentioned, without its keys"
        )


def _day(text: str) -> str | None:
    plain = re.sub(r"(?<=\d)(?:st|nd|rd|th)\b|[.,]", "", text)
    for form in ("%Y-%m-%d", "%B %d %Y", "%b %d %Y", "%d %B %Y", "%d %b %Y"):
        try:
            return datetime.strptime(plain, form).date().isoformat()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    return None
