"""What was found in a declaration: rows, providers, and questions for the person who reviews it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from consent.declarations.phrases import read_phrase

_TYPES = {
    "cookie": r"cookies?|http|https|httponly|javascript|server|script",
    "local_storage": r"local ?storage|localstorage|html(?:5)?(?: local storage)?",
    "session_storage": r"session ?storage|sessionstorage",
    "indexed_db": r"indexed ?db|indexeddb",
    "pixel": r"pixel(?: tracker)?|web beacon|beacon|tag|image",
}
_PARTIES = {"first": r"\b(?:1st|first)[ -]party\b", "third": r"\b(?:3rd|third)[ -]party\b"}
_WORDS_OF_OTHERS = {
    "c0001": "necessary", "c0002": "performance", "c0003": "functionality", "c0004": "marketing",
    "required": "necessary",
}  # fmt: skip
_BY = re.compile(r"\b(?:[Uu]sed|[Ss]et|[Pp]laced|[Pp]rovided) by ((?:[A-Z]\w+ ?){1,3})")
_FAMILY = re.compile(r"\b(?:cookies?|storage|trackers?|purposes?)\b", re.IGNORECASE)


@dataclass
class Row:
    """One row of a declaration: what it says, as it says it; `where` is its line or its number in the file."""

    where: str
    name: str | None = None
    type: str | None = None
    domain: str | None = None
    provider: str | None = None
    party: str | None = None
    category: str | None = None
    lifetimes: tuple[str, ...] = ()
    purpose: str | None = None


@dataclass(frozen=True)
class Question:
    """Something in the document that a person has to decide; `where` as in Row."""

    where: str
    about: str

    def __str__(self) -> str:
        return f"{self.where}: {self.about}"


@dataclass
class Draft:
    """A declaration as read; `meaning` is every known name of a category to its canonical one."""

    meaning: dict[str, str]
    rows: list[Row] = field(default_factory=list)
    providers: dict[str, bool] = field(default_factory=dict)
    questions: list[Question] = field(default_factory=list)
    controller: str | None = None
    contact: str | None = None
    effective_from: str | None = None

    def ask(self, where: str, about: str) -> None:
        """Note a question, once."""
        question = Question(where, about)
        if question not in self.questions:
            self.questions.append(question)

    def add(self, row: Row, *, lifetime: str | None = None, category: str | None = None) -> None:
        """Add a row, with its lifetime and category as words of the document."""
        phrase = read_phrase(lifetime)
        row.lifetimes = phrase.lifetimes
        if phrase.question:
            self.ask(row.where, f"lifetime {phrase.question}")
        if category and not row.category:
            row.category = self.category(category)
            if row.category is None:
                self.ask(row.where, f"category {category!r} is none of categories.yaml")
        if row.name and re.search(r"[xX]{3,}|<[^>]+>|\{[^}]+\}|\[[^\]]+\]|#$", row.name):
            self.ask(row.where, f"name {row.name!r} looks like a pattern: `*` stands for any characters")
        if row.name is None:
            self.ask(row.where, "a row without a name")
        named = _BY.search(row.purpose or "")
        if named and row.provider is None:
            self.ask(row.where, f"its purpose names {named[1].strip()}: is that the provider?")
        self.rows.append(row)

    def category(self, words: str) -> str | None:
        """The canonical category that words such as `Strictly Necessary Cookies` name; None: none, or more than one."""
        text = " ".join(_FAMILY.sub(" ", words).lower().replace("-", " ").split())
        whole = text.replace(" ", "_")
        names = self.meaning | _WORDS_OF_OTHERS
        if whole in names:
            return names[whole]
        found = {names[word] for word in re.findall(r"[a-z0-9]+", text) if word in names}
        return found.pop() if len(found) == 1 else None

    def compare(self) -> None:
        """Ask about rows of one name that differ."""
        by_name: dict[tuple[str, str], list[Row]] = {}
        for row in self.rows:
            if row.name:
                by_name.setdefault((row.name, row.type or "cookie"), []).append(row)
        for (name, _), rows in by_name.items():
            for key in ("category", "lifetimes", "provider"):
                values = [value for row in rows if (value := getattr(row, key))]
                told = {text.lower(): text for v in values for text in [" and ".join(v) if isinstance(v, tuple) else v]}
                if len(told) > 1:
                    several = " / ".join(sorted(told.values()))
                    self.ask(rows[-1].where, f"{name} is there more than once, with {key} {several}")


def storage_type(words: str | None) -> str | None:
    """The type of storage that words such as `HTML Local Storage` or `Pixel Tracker` name."""
    text = " ".join((words or "").lower().replace("-", " ").replace("_", " ").split())
    for name, pattern in _TYPES.items():
        if re.fullmatch(rf"(?:{pattern})(?: cookies?)?", text):
            return name
    return None


def party(words: str | None) -> str | None:
    """`first` or `third`, where words say one of them."""
    found = [name for name, pattern in _PARTIES.items() if re.search(pattern, words or "", re.IGNORECASE)]
    return found[0] if len(found) == 1 else None
