"""The page of an evidence bundle that people read: self-contained, without script."""

from __future__ import annotations

import json
from html import escape
from string import Template
from typing import Any

_PAGE = Template("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; color: #1c2430; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin-top: 2rem; border-bottom: 1px solid #ccd3dc; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; }
th, td { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #e6eaef; }
th { width: 13rem; font-weight: 600; }
td { overflow-wrap: anywhere; white-space: pre-wrap; }
@media print { body { margin: 0; } section { break-inside: avoid; } }
</style>
</head>
<body>
<h1>$title</h1>
<p>As of $as_of. Times are UTC. Everything here is in the JSON files beside this page; VERIFY.txt says how to check
that it was not changed.</p>
$body
</body>
</html>
""")


def page(about: dict[str, Any], files: dict[str, Any]) -> str:
    """The whole page; `about` says what the bundle is of, `files` are the JSON files by name."""
    found = about.get("finding")
    title = f"Evidence of finding {found['finding']['finding_id']}" if found else "Evidence of decisions"
    body = []
    if found:
        rule = {f"rule {name}": value for row in found["rule"] for name, value in row.items() if name != "rule_id"}
        body.append(_section("Finding", {k: v for k, v in found["finding"].items() if k != "evidence"} | rule))
        body += [_section("History", row) for row in found["history"]]
        body += [_section(f"Evidence: {event['kind']}", event) for event in about["events"]]
        if not about["events"]:
            body.append(_section("Evidence", {"where": found["finding"].get("evidence", "none")}))
    else:
        body.append(_section("Whose", {name: about[name] for name in ("subject", "site") if name in about}))
    links = {json.loads(link["record"])["event_id"]: link for link in files["proof.json"]["decisions"]}
    for number, decision in enumerate(files["decisions.json"], 1):
        policy = files["policy.json"][decision["site"]]
        body.append(_section(f"Decision {number}", _decision(decision, policy, links.get(decision["event_id"]))))
    for site, blocks in files["proof.json"]["chains"].items():
        last = {"blocks bundled": len(blocks), "head (hash of the last block)": blocks[-1]["hash"]}
        last["signed with key"] = blocks[-1]["key_id"] or "not signed"
        body.append(_section(f"Chain of {site}", last))
    return _PAGE.substitute(title=escape(title), as_of=escape(about["as_of"]), body="\n".join(body))


def _decision(decision: dict[str, Any], policy: dict[str, Any], link: dict[str, Any] | None) -> dict[str, Any]:
    answers = "\n".join(f"{name}: {'yes' if given else 'no'}" for name, given in decision["categories"].items())
    text = policy["texts_by_sha256"].get(decision.get("notice_hash"))
    version = policy["versions"].get(decision.get("policy_version"))
    told = {
        "at": decision["occurred_at"],
        "received": decision.get("received_at", decision["kafka_timestamp"]),
        "site": decision["site"],
        "controller": policy["controller"] or "not declared",
        "subject": decision["subject"],
        "action": decision["action"],
        "answers": answers,
        "given": f"{decision['method']}, {decision['surface']}",
        "banner": " ".join(str(decision.get(f"banner_{part}", "")) for part in ("id", "version")).strip(),
        "language": decision.get("language"),
        "text shown (SHA-256)": decision.get("notice_hash", "not recorded"),
        "declared as": _listed(text) if text else "the policy declares no such text",
        "policy version": decision.get("policy_version", "not recorded"),
        "in force from": version["effective_from"] if version else "not declared",
        "record": f"{decision['topic']}, partition {decision['partition']}, offset {decision['offset']}",
        "proof": f"block {link['block']} of {link['site']}, position {link['position']}" if link else "not sealed yet",
        "leaf (SHA-256)": link["leaf"] if link else None,
    }
    return {name: value for name, value in told.items() if value}


def _listed(texts: list[dict[str, Any]]) -> str:
    return "\n".join(
        ", ".join(f"{name} {value}" for name, value in text.items() if value) or "a banner" for text in texts
    )


def _section(title: str, values: dict[str, Any]) -> str:
    rows = "\n".join(
        f'<tr><th scope="row">{escape(name.replace("_", " "))}</th><td>{escape(_text(value))}</td></tr>'
        for name, value in values.items()
        if value not in (None, "")
    )
    return f"<section>\n<h2>{escape(title)}</h2>\n<table>\n{rows}\n</table>\n</section>"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
