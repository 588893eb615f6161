"""The version-1 consent event, once: every other form of it (decoding SQL, JSON Schema, docs) is made from here.

A record that breaks it is set aside whole, with a reason `code field: expected …` whose codes are REASONS.
Unknown fields are ignored. `null` is a value like any other: only `storage.lifetime_s` takes it; a field
that does not apply is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

SCHEMA_VERSION = 1
TOPIC = "consent.events"

KINDS = ("impression", "reopen", "decision", "dismissal", "replay", "observation")
PLATFORMS = ("web", "ios", "android", "desktop", "tv", "other")
ACTIONS = ("accept_all", "reject_all", "save", "withdraw")
SURFACES = ("banner", "preferences", "external")
METHODS = ("explicit", "implied", "signal")
STORAGE_TYPES = ("cookie", "local_storage", "session_storage", "indexed_db", "pixel")
PARTIES = ("first", "third")
CANONICAL_CATEGORIES = ("necessary", "functionality", "performance", "marketing")

REASONS = {
    "empty": "the record has no value (a tombstone)",
    "not_utf8": "the bytes are not UTF-8",
    "not_json": "the text is not JSON (RFC 8259), or holds NaN or Infinity",
    "not_an_object": "the JSON is not one object",
    "duplicate_key": "an object has the same key twice, so its meaning is a guess",
    "missing": "a required field is not there",
    "wrong_type": "a field has another JSON type than the contract's",
    "unsupported_version": "schema_version is not one this product reads",
    "not_allowed": "a value is outside its enumeration",
    "bad_format": "a string does not have the form the contract asks for",
    "out_of_range": "a number or a length is outside its limits",
}

JsonType = Literal["string", "integer", "boolean", "object", "array"]
# RFC 3339, section 5.6: the offset is part of the time.
_TIME = r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})"
_UUID = r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}"


@dataclass(frozen=True)
class Field:
    """One field: its path in the JSON, its column in `raw.events`, and what it may hold.

    `required` names the kinds that must carry it (all of KINDS for an always-required field).
    `pattern` must match the whole string; `expected` says it in words, as reasons and docs show it.
    `values` is the JSON type of an object's or an array's members where they are free-form.
    """

    path: str
    type: JsonType
    meaning: str
    column: str | None = None
    sql_type: str = "varchar"
    required: tuple[str, ...] = ()
    enum: tuple[str, ...] = ()
    default: str | None = None
    pattern: str | None = None
    expected: str | None = None
    max_length: int | None = None
    min_length: int = 0
    maximum: int | None = None
    nullable: bool = False
    values: JsonType | None = None


FIELDS: tuple[Field, ...] = (
    Field("schema_version", "integer", "1", None, "bigint", required=KINDS),
    Field(
        "event_id",
        "string",
        "unique per event; a repeat is a duplicate",
        "event_id",
        "uuid",
        required=KINDS,
        pattern=_UUID,
        expected="a UUID",
    ),
    Field(
        "kind",
        "string",
        "`impression`: banner put before a visitor with no valid choice; `reopen`: visitor opened the preferences; "
        "`decision`; `dismissal`: closed without a choice; `replay`: a stored consent was read and relied on; "
        "`observation`: storage seen on the device",
        "kind",
        required=KINDS,
        enum=KINDS,
    ),
    Field(
        "occurred_at",
        "string",
        "the client's clock",
        "occurred_at",
        "timestamp",
        required=KINDS,
        pattern=_TIME,
        expected="an RFC 3339 time with offset",
    ),
    Field(
        "received_at",
        "string",
        "the collector's clock; absent: the Kafka timestamp",
        "received_at",
        "timestamp",
        pattern=_TIME,
        expected="an RFC 3339 time with offset",
    ),
    Field(
        "site",
        "string",
        "a site or app id that policies/sites may describe",
        "site",
        required=KINDS,
        min_length=1,
        max_length=253,
    ),
    Field("platform", "string", "where the banner runs", "platform", enum=PLATFORMS, default="web"),
    Field(
        "region",
        "string",
        "where the visitor is",
        "region",
        pattern=r"[A-Z]{2}(-[A-Z0-9]{1,3})?",
        expected="ISO 3166-1 alpha-2 or 3166-2, such as NO or US-CA",
    ),
    Field(
        "language",
        "string",
        "of the visitor or the banner",
        "language",
        pattern=r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*",
        expected="a BCP 47 tag",
        max_length=64,
    ),
    Field(
        "subject",
        "string",
        "pseudonymous id of the browser or device; never a name, an e-mail or an IP",
        "subject",
        required=KINDS,
        pattern=r"[A-Za-z0-9_-]{8,64}",
        expected="8 to 64 of A-Z a-z 0-9 _ -",
    ),
    Field("prompt_id", "string", "ties an impression to its decision", "prompt_id", max_length=64),
    Field("banner", "object", "the banner shown"),
    Field("policy_version", "string", "of the cookie policy shown", "policy_version", max_length=64),
    Field(
        "notice_hash",
        "string",
        "SHA-256 of the text shown",
        "notice_hash",
        pattern="[0-9A-Fa-f]{64}",
        expected="64 hexadecimal digits",
    ),
    Field("action", "string", "what was chosen", "action", required=("decision",), enum=ACTIONS),
    Field(
        "surface",
        "string",
        "where; `external`: an API, a web view, a browser signal",
        "surface",
        enum=SURFACES,
        default="banner",
    ),
    Field("method", "string", "how the choice was made", "method", enum=METHODS, default="explicit"),
    Field(
        "categories",
        "object",
        "category → granted; canonical: necessary, functionality, performance, marketing; others are kept as they come",
        "categories",
        "json",
        required=("decision", "replay"),
        values="boolean",
    ),
    Field("decision_ms", "integer", "from prompt to choice, milliseconds", "decision_ms", "bigint", maximum=86_400_000),
    Field("signals", "object", "consent signals seen with the event"),
    Field(
        "storage",
        "array",
        "what was seen on the device",
        "storage",
        "struct(name varchar, type varchar, domain varchar, party varchar, lifetime_s bigint, category varchar)[]",
        required=("observation",),
        values="object",
    ),
    Field("is_bot", "boolean", "set by the collector", "is_bot", "boolean"),
    Field("source", "object", "which CMP and adapter produced the event"),
    Field("banner.id", "string", "", "banner_id"),
    Field("banner.version", "string", "", "banner_version"),
    Field("banner.variant", "string", "names the arm of an A/B test", "banner_variant"),
    Field("banner.layer", "string", "first or second layer, as the CMP names it", "banner_layer"),
    Field("signals.gpc", "boolean", "Global Privacy Control", "gpc", "boolean"),
    Field("signals.tc_string", "string", "IAB TCF string", "tc_string"),
    Field("signals.gpp_string", "string", "IAB GPP string", "gpp_string"),
    Field(
        "signals.gcm",
        "object",
        "Google Consent Mode: key → granted or denied",
        "gcm",
        "json",
        values="string",
    ),
    Field("source.cmp", "string", "", "source_cmp"),
    Field("source.version", "string", "", "source_version"),
)

# The members of each object in `storage`.
STORAGE: tuple[Field, ...] = (
    Field("name", "string", "of the cookie or key", required=KINDS),
    Field("type", "string", "kind of storage", enum=STORAGE_TYPES),
    Field("domain", "string", "it is set for"),
    Field("party", "string", "first or third", enum=PARTIES),
    Field("lifetime_s", "integer", "seconds; null for a session", maximum=2**53 - 1, nullable=True),
    Field("category", "string", "as the CMP names it"),
)

# Where a value came from, before the event's own columns in `raw.events`.
POSITION: tuple[tuple[str, str], ...] = (
    ("topic", "varchar"),
    ("topic_id", "uuid"),
    ("partition", "integer"),
    ("offset", "bigint"),
    ("kafka_timestamp", "timestamp"),
)
COLUMNS: tuple[tuple[str, str], ...] = (
    *POSITION,
    *((field.column, field.sql_type) for field in FIELDS if field.column),
)


def children(path: str) -> tuple[Field, ...]:
    """The declared members of an object field."""
    return tuple(field for field in FIELDS if field.path.startswith(f"{path}."))


def top_level() -> tuple[Field, ...]:
    """The fields of the event itself."""
    return tuple(field for field in FIELDS if "." not in field.path)


def json_schema() -> dict[str, Any]:
    """The event as a JSON Schema (draft 2020-12)."""
    conditions = [
        {
            "if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]},
            "then": {"required": [f.path for f in FIELDS if f.required != KINDS and kind in f.required]},
        }
        for kind in KINDS
        if any(field.required != KINDS and kind in field.required for field in FIELDS)
    ]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Consent event",
        "description": f"Version {SCHEMA_VERSION}; one JSON object per Kafka record. Unknown fields are ignored.",
        "type": "object",
        "required": [field.path for field in FIELDS if field.required == KINDS],
        "properties": {field.path: _schema_of(field) for field in top_level()},
        "allOf": conditions,
    }


def _schema_of(field: Field) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": [field.type, "null"] if field.nullable else field.type}
    limits = {
        "description": field.meaning,
        "const": SCHEMA_VERSION if field.path == "schema_version" else None,
        "enum": list(field.enum),
        "pattern": field.pattern and f"^({field.pattern})$",
        "default": field.default,
        "minLength": field.min_length,
        "maxLength": field.max_length,
    }
    schema |= {name: value for name, value in limits.items() if value}
    if field.maximum is not None:
        schema |= {"minimum": 0, "maximum": field.maximum}
    return schema | _members_of(field)


def _members_of(field: Field) -> dict[str, Any]:
    if field.path == "storage":
        properties = {member.path: _schema_of(member) for member in STORAGE}
        required = [member.path for member in STORAGE if member.required]
        return {"items": {"type": "object", "required": required, "properties": properties}}
    if field.type == "object" and field.values:
        return {"additionalProperties": {"type": field.values}}
    if field.type == "object":
        return {
            "properties": {
                child.path.removeprefix(f"{field.path}."): _schema_of(child) for child in children(field.path)
            }
        }
    return {}
