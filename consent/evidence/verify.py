"""Check this evidence bundle: `python3 verify.py` in its folder. Nothing but SHA-256 and JSON; VERIFY.txt explains."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

NESTED = ("categories", "gcm", "storage")  # a record holds these as the text that was sent


def problems(read: Callable[[str], bytes]) -> list[str]:
    """What does not hold, each in a line; none: all of it does. `read` gives a file of the bundle by its name."""
    found = []
    for line in read("SHA256SUMS").decode().splitlines():
        digest, _, name = line.partition("  ")
        if sha256(read(name)).hexdigest() != digest:
            found.append(f"{name}: not the file that was bundled")
    try:
        proof = json.loads(read("proof.json"))
        shown = json.loads(read("decisions.json"))
        for site, blocks in proof["chains"].items():
            found += _chain(site, blocks)
        for link in proof["decisions"]:
            found += _decision(link, proof["chains"][link["site"]], shown)
        claimed = len(proof["decisions"]) + len(proof["not_sealed"])
        if claimed != len(shown):
            found.append(f"decisions.json: {len(shown)} decisions, and {claimed} in proof.json")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        found.append(f"proof.json, decisions.json: not as bundled ({type(error).__name__})")
    return found


def readable(record: str) -> dict[str, Any]:
    """A record as decisions.json shows it: without what is null, nested values as JSON."""
    return {
        name: json.loads(value) if name in NESTED else value
        for name, value in json.loads(record).items()
        if value is not None
    }


def climb(leaf: bytes, path: list[dict[str, str]]) -> bytes:
    """The root that a leaf's path leads to."""
    for step in path:
        beside = bytes.fromhex(step["hash"])
        leaf = sha256(b"\x01" + (beside + leaf if step["side"] == "left" else leaf + beside)).digest()
    return leaf


def _chain(site: str, blocks: list[dict[str, Any]]) -> list[str]:
    found = []
    before = None
    for block in blocks:
        header = json.loads(block["header"])
        place = f"{site}, block {header['block']}"
        if sha256(block["header"].encode()).hexdigest() != block["hash"]:
            found.append(f"{place}: its hash is not that of its header")
        if header["site"] != site or (before and (header["previous"], header["block"]) != before):
            found.append(f"{place}: does not follow from the block before")
        before = (block["hash"], header["block"] + 1)
    return found


def _decision(link: dict[str, Any], chain: list[dict[str, Any]], shown: list[dict[str, Any]]) -> list[str]:
    record = readable(link["record"])
    place = f"decision {record['event_id']}"
    found = []
    if record not in shown:
        found.append(f"{place}: decisions.json shows another")
    leaf = sha256(b"\x00" + bytes.fromhex(link["salt"]) + link["record"].encode()).digest()
    if leaf.hex() != link["leaf"]:
        found.append(f"{place}: its leaf is not that of its record")
    headers = [json.loads(block["header"]) for block in chain]
    if [climb(leaf, link["path"]).hex()] != [one["root"] for one in headers if one["block"] == link["block"]]:
        found.append(f"{place}: its path does not lead to the root of block {link['block']}")
    return found


if __name__ == "__main__":
    wrong = problems(lambda name: (Path(__file__).parent / name).read_bytes())
    print("\n".join(wrong) or "everything holds")  # noqa: T201
    sys.exit(bool(wrong))
