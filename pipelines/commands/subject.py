"""`consent subject`: people's rights over what is stored about them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from consent.errors import ConsentError
from consent.settings import Settings
from consent.warehouse import open_existing
from pipelines.commands.options import Home, parse_time

subject = typer.Typer(name="subject", help="People's rights: see, take along, restrict, erase.", no_args_is_help=True)

Subject = Annotated[str, typer.Argument(help="The pseudonymous id, as events carry it.", show_default=False)]
Site = Annotated[str, typer.Option("--site", help="This site alone; default: every one.")]
Received = Annotated[
    datetime | None,
    typer.Option("--received", parser=parse_time, metavar="TIME", help="When the request arrived; default now."),
]
Reference = Annotated[str, typer.Option("--reference", help="A ticket's number, for the log; no name.")]


class ExportForm(StrEnum):
    """What is written."""

    JSON = "json"
    RECEIPT = "receipt"


class RequestKind(StrEnum):
    """What people may ask for."""

    ACCESS = "access"
    ERASURE = "erasure"
    RESTRICTION = "restriction"
    RECTIFICATION = "rectification"
    OBJECTION = "objection"


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    app.add_typer(subject)


@subject.command()
def show(subject_id: Subject, site: Site = "", home: Home = None) -> None:
    """What is stored about a person, in numbers, and their consent as it stands."""
    from consent.dossier import dossier

    settings = Settings.load(home=home)
    with open_existing(settings.warehouse, lock_timeout=settings.lock_timeout) as connection:
        found = dossier(connection, settings, subject_id, site)
    for count in found.counts:
        typer.echo(
            f"{count.site:<24} {count.kind:<12} {count.events:>6}  {count.first:%Y-%m-%d} to {count.last:%Y-%m-%d}"
        )
    typer.echo(f"{len(found.decisions)} decision(s), {found.quarantined} record(s) in quarantine")
    for decision in found.decisions:
        answers = json.dumps(decision["categories"])
        typer.echo(f"  {decision['occurred_at']}  {decision['site']}  {decision['action']}  {answers}")
    typer.echo(f"restricted at: {', '.join(found.restricted) or 'no site'}")
    typer.echo(f"erased before: {'yes' if found.erased else 'no'}")


@subject.command("export")
def export_(
    subject_id: Subject,
    site: Site = "",
    form: Annotated[
        ExportForm, typer.Option("--format", help="All records, or consent receipts (ISO/IEC TS 27560, DPV).")
    ] = ExportForm.JSON,
    file: Annotated[Path | None, typer.Option("-o", "--output", help="File; default: standard output.")] = None,
    received: Received = None,
    reference: Reference = "",
    home: Home = None,
) -> None:
    """Everything stored about a person, as JSON or as receipts of their consents. Logged as an access request."""
    from consent.dossier import dossier
    from consent.policies import Registry
    from consent.receipts import receipts
    from consent.requests import close_requests, log_request

    settings = Settings.load(home=home)
    with open_existing(settings.warehouse, lock_timeout=settings.lock_timeout) as connection:
        found = dossier(connection, settings, subject_id, site)
        whole = found.as_json() if form is ExportForm.JSON else receipts(found, Registry.load(settings.policies))
        text = json.dumps(whole, indent=2, ensure_ascii=False)
        log_request(connection, "access", found.subject_hash, site=site, received_at=received, reference=reference)
        close_requests(connection, "access", found.subject_hash, site=site, outcome=f"exported as {form}")
    if file is None:
        typer.echo(text)
        return
    try:
        file.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise ConsentError(f"{file}: cannot write: {error.strerror}") from None


@subject.command()
def erase(
    subject_id: Subject,
    site: Site = "",
    keep_proof: Annotated[
        str, typer.Option(help="Keep the decisions, restricted, as proof under GDPR 17(3)(b) or (e): for what reason.")
    ] = "",
    received: Received = None,
    reference: Reference = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    home: Home = None,
) -> None:
    """Erase a person everywhere under the home, down to the bytes. What Kafka still has does not bring them back."""
    from consent.subjects import check_subject
    from pipelines.erasing import erase_everywhere

    settings = Settings.load(home=home)
    check_subject(subject_id)
    if not yes:
        typer.confirm("Erase for good what is stored about this person?", abort=True)
    done = erase_everywhere(
        settings, subject_id, site=site, keep_proof=keep_proof, received_at=received, reference=reference
    )
    erased = done.erased
    typer.echo(
        f"erased {erased.events} events ({erased.decisions} decisions), emptied {erased.quarantined} bad records"
    )
    for line in done.files:
        typer.echo(f"  {line}")
    for line in done.kept:
        typer.echo(f"kept: {line}")
    if done.left:
        raise ConsentError(
            f"the id is still found in {', '.join(done.left)}; close what has it open and run this again"
        )


@subject.command()
def restrict(
    subject_id: Subject, site: Site = "", received: Received = None, reference: Reference = "", home: Home = None
) -> None:
    """Keep a person's records and take them out of every use, from the refresh on that this runs."""
    from consent.requests import close_requests, log_request
    from consent.restrictions import restrict as run
    from consent.subjects import SubjectKey, check_subject
    from pipelines.refresh import refresh

    settings = Settings.load(home=home)
    check_subject(subject_id)
    with open_existing(settings.warehouse, lock_timeout=settings.lock_timeout) as connection:
        sites = run(connection, subject_id, site)
        subject_hash = SubjectKey.of(settings.home).hash(subject_id)
        log_request(connection, "restriction", subject_hash, site=site, received_at=received, reference=reference)
        close_requests(connection, "restriction", subject_hash, site=site, outcome="restricted")
    refresh(settings)
    typer.echo(f"restricted at {', '.join(sites)}")


@subject.command()
def unrestrict(subject_id: Subject, site: Site = "", home: Home = None) -> None:
    """Lift a restriction, and refresh."""
    from consent.erasure import is_erased
    from consent.restrictions import lift
    from consent.subjects import SubjectKey, check_subject
    from pipelines.refresh import refresh

    settings = Settings.load(home=home)
    check_subject(subject_id)
    with open_existing(settings.warehouse, lock_timeout=settings.lock_timeout) as connection:
        if is_erased(connection, SubjectKey.of(settings.home).hash(subject_id)):
            raise ConsentError("subject: erased, and what is left is proof alone; that restriction cannot be lifted")
        sites = lift(connection, subject_id, site)
    if not sites:
        raise ConsentError("subject: nothing of theirs is restricted")
    refresh(settings)
    typer.echo(f"lifted at {', '.join(sites)}")


@subject.command()
def request(
    kind: Annotated[RequestKind, typer.Argument(help="What is asked for.")],
    subject_id: Subject,
    site: Site = "",
    received: Received = None,
    reference: Reference = "",
    home: Home = None,
) -> None:
    """Log a request that is not answered yet. It is due a month after it arrived."""
    from consent.requests import log_request
    from consent.subjects import SubjectKey, check_subject

    settings = Settings.load(home=home)
    check_subject(subject_id)
    with open_existing(settings.warehouse, lock_timeout=settings.lock_timeout) as connection:
        key = SubjectKey.of(settings.home)
        request_id = log_request(
            connection, kind.value, key.hash(subject_id), site=site, received_at=received, reference=reference
        )
    typer.echo(request_id)


@subject.command("requests")
def requests_(
    all_: Annotated[bool, typer.Option("--all", help="Also those that are closed.")] = False, home: Home = None
) -> None:
    """The log of requests, what is due first first; ends with 1 where one is overdue."""
    from consent.requests import requests

    settings = Settings.load(home=home)
    with open_existing(settings.warehouse, lock_timeout=settings.lock_timeout) as connection:
        listed = requests(connection, open_only=not all_)
    now = datetime.now(UTC).replace(tzinfo=None)
    for one in listed:
        state = f"closed {one.closed_at:%Y-%m-%d} ({one.outcome})" if one.closed_at else "open"
        late = "  OVERDUE" if one.closed_at is None and one.is_overdue(now) else ""
        typer.echo(
            f"{one.request_id}  {one.kind:<13} {one.site or 'every site':<16} {one.reference or '-':<16} "
            f"received {one.received_at:%Y-%m-%d}  due {one.due_at:%Y-%m-%d}  {state}{late}"
        )
    if not listed:
        typer.echo("no request" if all_ else "no open request")
    if any(one.closed_at is None and one.is_overdue(now) for one in listed):
        raise typer.Exit(1)
