"""Reading a policy file so that every mistake can be shown where it was made.

YAML 1.1 reads `NO` as false, `1:30` as ninety and a bare date as an object. Here a word stays a word: only
null, true, false and whole decimal numbers are anything but text. Anchors and repeated keys are refused.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from consent.errors import PolicyError

WHOLE = "(file)"  # the field of a mistake that concerns the whole file
_SHOWN = 80
Loc = tuple[int | str, ...]
Model = TypeVar("Model", bound="Strict")


class Strict(BaseModel):
    """A mapping of a policy file: unknown keys are refused, and a near one is suggested."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, populate_by_name=False)

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            raise PydanticCustomError("mapping", "expected a mapping with the keys {keys}", {"keys": cls._keys()})
        unknown = next((key for key in data if key not in cls.model_fields), None)
        if unknown is not None:
            hint = _near(str(unknown), list(cls.model_fields))
            raise PydanticCustomError(
                "unknown_key", "unknown key{hint}; allowed: {keys}", {"key": unknown, "hint": hint, "keys": cls._keys()}
            )
        return data

    @classmethod
    def _keys(cls) -> str:
        return ", ".join(cls.model_fields)


@dataclass(frozen=True)
class Document:
    """A parsed file: its values, its bytes and the 1-based line of every key and list item."""

    path: Path
    content: bytes
    values: Any
    lines: dict[Loc, int] = field(default_factory=dict)

    def line(self, loc: Loc) -> int:
        """The line of a field; of the nearest one around it where the field is not in the file."""
        known: Loc = ()
        for part in loc:
            if (*known, part) in self.lines:
                known = (*known, part)
        return self.lines.get(known, 1)

    def wrong(self, loc: Loc, problem: str) -> PolicyError:
        """The error to raise for a field."""
        return PolicyError(self.path, self.line(loc), _dotted(loc), problem)

    def validate(self, model: type[Model]) -> Model:
        """The file as a model. Raises PolicyError for the first thing wrong in it."""
        try:
            return model.model_validate(self.values)
        except ValidationError as error:
            details = error.errors(include_url=False)
            raise min((self._explain(found) for found in details), key=lambda found: found.line) from None

    def _explain(self, found: ErrorDetails) -> PolicyError:
        loc, context = _written(found["loc"], self.lines), found.get("ctx", {})
        if found["type"] == "unknown_key":
            return self.wrong((*loc, context["key"]), found["msg"])
        problem, came = found["msg"].removeprefix("Value error, "), found.get("input")
        if found["type"] == "missing":
            return self.wrong(loc, "required, and not there")
        if found["type"] == "literal_error":
            allowed = re.findall(r"'([^']*)'", str(context.get("expected", "")))
            problem = f"expected one of {', '.join(allowed)}{_near(str(came), allowed)}"
        return self.wrong(loc, problem if "came " in problem else f"{problem}; came {_short(came)}")


def suggestion(word: str, known: list[str]) -> str:
    """` (did you mean 'x'?)`, or nothing where no known word is near."""
    return _near(word, known)


def read(path: Path) -> Document:
    """Parse a policy file. Raises PolicyError if it is missing, not UTF-8, not YAML, or repeats a key."""
    try:
        content = path.read_bytes()
        text = content.decode("utf-8")
    except FileNotFoundError:
        raise PolicyError(path, 1, WHOLE, "expected this file, and it is not there") from None
    except OSError as error:
        raise PolicyError(path, 1, WHOLE, f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise PolicyError(path, line, WHOLE, "expected UTF-8 text") from None
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise PolicyError(path, mark.line + 1 if mark else 1, WHOLE, f"not YAML: {error.problem}") from None
    except yaml.YAMLError as error:
        raise PolicyError(path, 1, WHOLE, f"not YAML: {error}".splitlines()[0]) from None
    document = Document(path, content, None)
    values = _build(node, (), document) if node is not None else None
    return Document(path, content, values, document.lines)


class _Loader(yaml.SafeLoader):
    """Composes nodes only; resolves null, booleans and whole numbers, and leaves all else as text."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - PyYAML's own name

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, "anchors and aliases are not used in policies", mark)
        return super().compose_node(parent, index)


for _tag, _pattern, _first in (
    ("null", r"^(?:~|null|)$", "~n"),
    ("bool", r"^(?:true|false)$", "tf"),
    ("int", r"^-?(?:0|[1-9][0-9]*)$", "-0123456789"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), [*_first, ""])


def _build(node: yaml.Node, loc: Loc, document: Document) -> Any:
    document.lines.setdefault(loc, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, loc, document)
    if isinstance(node, yaml.SequenceNode):
        return [_build(child, (*loc, place), document) for place, child in enumerate(node.value)]
    kind, text = node.tag.rpartition(":")[2], str(node.value)
    values: dict[str, Any] = {"null": None, "bool": text == "true", "int": text, "str": text}
    if kind not in values:
        raise document.wrong(loc, f"expected plain text, a number, true, false or null; came the tag {node.tag}")
    return int(text) if kind == "int" else values[kind]


def _mapping(node: yaml.MappingNode, loc: Loc, document: Document) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key, line = str(key_node.value), key_node.start_mark.line + 1
        if key in values:
            first = document.lines[(*loc, key)]
            raise PolicyError(
                document.path, line, _dotted((*loc, key)), f"this key is already on line {first}; give it once"
            )
        document.lines[(*loc, key)] = line
        values[key] = _build(value_node, (*loc, key), document)
    return values


def _written(loc: Loc, lines: dict[Loc, int]) -> Loc:
    """A location as it is in the file: without pydantic's own steps such as `[key]`."""
    written: Loc = ()
    for part in loc:
        if (*written, part) in lines or (isinstance(part, str) and "[" not in part):
            written = (*written, part)
    return written


def _dotted(loc: Loc) -> str:
    """`storage.2.name` for the name of the second row: people count from one."""
    return ".".join(str(part + 1 if isinstance(part, int) else part) for part in loc) or WHOLE


def _near(word: str, known: list[str]) -> str:
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f" (did you mean {near[0]!r}?)" if near else ""


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
