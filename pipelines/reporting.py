"""Reports that go out by themselves: to whom, for which period, and never twice.

What was sent to whom is kept in `<home>/mailed.ndjson`. A line says `sending` before the mail leaves and `sent` or
`refused` after it, so that a crash between the two leaves a mail that may have gone out, and it is not sent again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from consent.errors import ConsentError
from consent.journal import Journal
from consent.settings import Settings
from consent.subscriptions import Subscription, subscriptions
from dashboards.reports import Report, Written, write_report
from dashboards.reports.letter import letter
from dashboards.reports.period import Cadence
from pipelines import mail


@dataclass
class Mailed:
    """What became of the mails of one run, by recipient and report; `problems` are whole sentences."""

    sent: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    dry: list[Path] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def mail_reports(
    settings: Settings, *, cadence: Cadence | None = None, period: str | None = None, dry_run: Path | None = None
) -> Mailed:
    """Mail every subscribed report of a cadence (None: of every one), for `period` or the last whole one.

    With `dry_run` the messages are written into that folder and nothing is sent or noted.
    Raises PolicyError for a wrong `reports.yaml`, and ConsentError where no report can be made.
    """
    mailed = Mailed()
    for name, subscription in subscriptions(settings.policies).items():
        if cadence in (None, subscription.cadence) and _fits(period, subscription):
            sites: list[str | None] = [*subscription.sites]
            for site in sites or [None]:
                asked = _report(subscription, site, period)
                written = write_report(settings, asked)
                for recipient in subscription.recipients:
                    mail_one(settings, written, asked.language, recipient, mailed, name=name, dry_run=dry_run)
    return mailed


def mail_one(
    settings: Settings,
    written: Written,
    language: str,
    recipient: str,
    mailed: Mailed,
    *,
    name: str = "by hand",
    dry_run: Path | None = None,
) -> None:
    """Mail one report to one recipient, unless the record knows that it went out or may have."""
    said = letter(written.contents, language, settings.dashboard_url)
    attachments = {f"{written.name}_{ending}": content for ending, content in written.files.items()}
    if dry_run is not None:
        shown = settings.model_copy(update={"smtp_host": settings.smtp_host or "dry-run"})
        message = mail.compose(shown, recipient, said, attachments)
        mailed.dry.append(_save(dry_run / f"{written.name}_{name}_{len(mailed.dry) + 1}.eml", message.as_bytes()))
        return
    journal = Journal(settings.home / "mailed.ndjson")
    key = {"report": name, "name": written.name, "recipient": recipient}
    told = f"{written.name} to {recipient}"
    if (state := _state(journal, key)) in ("sent", "sending"):
        mailed.known.append(told)
        if state == "sending":
            mailed.problems.append(f"{told}: an earlier run broke off while sending it; it is not sent again")
        return
    message = mail.compose(settings, recipient, said, attachments)
    _note(journal, key, "sending", str(message["Message-ID"]))
    try:
        mail.send(settings, message)
    except mail.MailUncertain as problem:
        mailed.problems.append(f"{told}: {problem}")
    except ConsentError as problem:
        _note(journal, key, "refused", str(message["Message-ID"]))
        mailed.problems.append(f"{told}: {problem}")
    else:
        _note(journal, key, "sent", str(message["Message-ID"]))
        mailed.sent.append(told)


def _fits(period: str | None, subscription: Subscription) -> bool:
    """A week is for weekly ones, a month for monthly ones."""
    return period is None or ("W" in period) == (subscription.cadence == "weekly")


def _report(subscription: Subscription, site: str | None, period: str | None) -> Report:
    return Report(
        period=period,
        cadence=subscription.cadence,
        site=site,
        audience=subscription.audience,
        language=subscription.language,
        formats=tuple(subscription.formats),
    )


def _state(journal: Journal, key: dict[str, str]) -> str | None:
    states = [line.get("state") for line in journal.read() if key.items() <= line.items()]
    return states[-1] if states else None


def _note(journal: Journal, key: dict[str, str], state: str, message_id: str) -> None:
    at = datetime.now(UTC).isoformat(timespec="seconds")
    journal.append({"at": at, **key, "state": state, "message_id": message_id})


def _save(path: Path, content: bytes) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise ConsentError(f"{path}: cannot write the message: {error.strerror}") from None
    return path
