"""Reports that go out: through a real mail server, once to each, opened again as they arrived."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from pypdf import PdfReader
from typer.testing import CliRunner

from consent.errors import ConsentError, PolicyError
from consent.settings import ROOT, Settings
from consent.subscriptions import subscriptions
from pipelines import mail
from pipelines.cli import app
from pipelines.report_schedules import report_schedules, reports_job
from pipelines.reporting import mail_reports
from pipelines.resources import WarehouseResource
from tests.mail import MailServer, mail_server

sys.path.insert(0, str(ROOT / "tests" / "dashboards"))
import published

REPORTS = """\
reports:
  product_weekly:
    cadence: weekly
    audience: product
    formats: [html, csv]
    recipients: [product@example.org, lead@example.org]
  compliance_monthly:
    cadence: monthly
    audience: compliance
    language: nb
    sites: [a.example]
    formats: [html]
    recipients: [privacy@example.org]
"""


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running


@pytest.fixture
def settings(tmp_path: Path, server: MailServer) -> Settings:
    policies = tmp_path / "policies"
    policies.mkdir()
    (policies / "reports.yaml").write_text(REPORTS)
    return Settings.load(
        home=published.home(tmp_path / "home"),
        policies=policies,
        smtp_host="127.0.0.1",
        smtp_port=server.port,
        smtp_tls="none",
        smtp_from="consent@example.org",
        dashboard_url="https://consent.example.org",
    )


def arrived(server: MailServer) -> list[tuple[str, str]]:
    return [(str(one["To"]), str(one["Subject"])) for one in server.arrived]


def record(settings: Settings) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (settings.home / "mailed.ndjson").read_text().splitlines()]


def test_each_recipient_gets_each_report_once(settings: Settings, server: MailServer) -> None:
    first = mail_reports(settings, cadence="weekly")
    assert (len(first.sent), first.problems) == (2, [])
    again = mail_reports(settings, cadence="weekly")
    assert (again.sent, len(again.known)) == ([], 2)
    assert arrived(server) == [
        ("product@example.org", "Consent report, Week 46, 2026"),
        ("lead@example.org", "Consent report, Week 46, 2026"),
    ]
    assert [(line["recipient"], line["state"]) for line in record(settings)] == [
        ("product@example.org", "sending"), ("product@example.org", "sent"),
        ("lead@example.org", "sending"), ("lead@example.org", "sent"),
    ]  # fmt: skip
    another = mail_reports(settings, period="2026-W45")
    assert len(another.sent) == 2, "another period is another report, and no monthly one"


def test_what_arrives_can_be_opened(settings: Settings, server: MailServer) -> None:
    mail_reports(settings, cadence="weekly")
    message = server.arrived[0]
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    assert "https://consent.example.org" in text.get_content()
    assert "Marketing opt-in on a.example rose by 10.0 points, from 30.0% to 40.0%" in text.get_content()
    assert "385" in html.get_content()
    assert "src=" not in html.get_content(), "nothing is loaded when it is opened"
    files = {part.get_filename(): part for part in message.iter_attachments()}
    assert sorted(files) == [
        "consent_2026-W46_product_opt_in.csv",
        "consent_2026-W46_product_prompts.csv",
        "consent_2026-W46_product_report.html",
    ]
    assert "<svg" in files["consent_2026-W46_product_report.html"].get_content()
    assert published.SUBJECT not in message.as_string()


def test_a_report_for_each_site_in_its_language(settings: Settings, server: MailServer) -> None:
    mailed = mail_reports(settings, cadence="monthly", period="2026-11")
    assert mailed.sent == ["consent_2026-11_a.example_compliance_nb to privacy@example.org"]
    assert "a.example" in arrived(server)[0][1]


def test_a_pdf_travels_too(settings: Settings, server: MailServer) -> None:
    done = CliRunner().invoke(
        app,
        ["report", "--format", "pdf", "--mail", "--to", "someone@example.org", "--home", str(settings.home)],
        env=environment(settings),
    )
    assert done.exit_code == 0, done.output
    [attachment] = server.arrived[0].iter_attachments()
    assert attachment.get_content_type() == "application/pdf"
    assert len(PdfReader(io.BytesIO(attachment.get_content())).pages) >= 1


def test_a_dry_run_writes_messages_and_sends_nothing(settings: Settings, server: MailServer, tmp_path: Path) -> None:
    without_server = settings.model_copy(update={"smtp_host": None})
    mailed = mail_reports(without_server, cadence="weekly", dry_run=tmp_path / "dry")
    assert [path.name for path in mailed.dry] == [
        "consent_2026-W46_product_product_weekly_1.eml", "consent_2026-W46_product_product_weekly_2.eml"
    ]  # fmt: skip
    assert b"product@example.org" in mailed.dry[0].read_bytes()
    assert server.arrived == []
    assert not (settings.home / "mailed.ndjson").exists()


def test_a_busy_server_is_asked_again(settings: Settings, server: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = iter(["451 busy", "451 still busy"])
    keep = MailServer.handle_DATA

    async def sometimes(self: MailServer, *given: Any) -> str:
        return next(refused, None) or await keep(self, *given)

    monkeypatch.setattr(MailServer, "handle_DATA", sometimes)
    assert len(mail_reports(settings, cadence="weekly").sent) == 2
    assert len(server.arrived) == 2


def test_a_refusal_is_told_and_tried_again_by_the_next_run(
    settings: Settings, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_: Any) -> str:
        return "554 no"

    with monkeypatch.context() as patch:
        patch.setattr(MailServer, "handle_DATA", never)
        mailed = mail_reports(settings, cadence="weekly")
    assert len(mailed.problems) == 2
    assert "it answered 554" in mailed.problems[0]
    assert len(mail_reports(settings, cadence="weekly").sent) == 2


def test_a_mail_that_may_have_gone_out_is_not_sent_again(
    settings: Settings, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise mail.MailUncertain("the connection broke")

    with monkeypatch.context() as patch:
        patch.setattr(mail, "send", broken)
        assert len(mail_reports(settings, cadence="weekly").problems) == 2
    again = mail_reports(settings, cadence="weekly")
    assert (again.sent, len(again.known), len(again.problems)) == ([], 2, 2)
    assert "not sent again" in again.problems[0]
    assert server.arrived == []


def test_a_server_that_is_away_is_one_line(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "_TRIES", 1)
    gone = settings.model_copy(update={"smtp_port": 1})
    mailed = mail_reports(gone, cadence="weekly")
    assert mailed.problems[0].endswith("mail server 127.0.0.1: ConnectionRefusedError")
    with pytest.raises(ConsentError, match="CONSENT_SMTP_HOST"):
        mail_reports(settings.model_copy(update={"smtp_host": None}), cadence="weekly")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("reports: {weekly: {cadence: daily, recipients: [a@example.org]}}", r"reports.yaml:1: .*weekly, monthly"),
        ("reports: {weekly: {cadence: weekly, recipients: [nobody]}}", "expected an address such as"),
        ("reports: {weekly: {cadence: weekly, recipients: []}}", "recipients"),
        ("reports: {weekly: {cadence: weekly, recipient: [a@example.org]}}", "recipient"),
        ("reports: {weekly: {cadence: weekly, recipients: [a@example.org, a@example.org]}}", "expected each once"),
    ],
)
def test_a_wrong_subscription_is_named(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "reports.yaml").write_text(text)
    with pytest.raises(PolicyError, match=problem):
        subscriptions(tmp_path)


def test_without_a_file_nobody_gets_any(tmp_path: Path) -> None:
    assert subscriptions(tmp_path) == {}


def test_dagster_sends_them_on_their_days(settings: Settings, server: MailServer) -> None:
    crons = {schedule.name: schedule.cron_schedule for schedule in report_schedules()}
    assert crons == {"weekly_reports": "0 6 * * 1", "monthly_reports": "0 6 1 * *"}
    for schedule in report_schedules():
        assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment(settings).items():
            patch.setenv(name, value)
        warehouse = WarehouseResource(home=str(settings.home), policies=str(settings.policies))
        config = {"ops": {"mail_subscribed": {"config": {"cadence": "weekly"}}}}
        done = reports_job.execute_in_process(run_config=config, resources={"warehouse": warehouse})
    assert done.success
    assert len(server.arrived) == 2


def environment(settings: Settings) -> dict[str, str]:
    return {
        "CONSENT_SMTP_HOST": "127.0.0.1",
        "CONSENT_SMTP_PORT": str(settings.smtp_port),
        "CONSENT_SMTP_TLS": "none",
        "CONSENT_SMTP_FROM": "consent@example.org",
        "CONSENT_POLICIES": str(settings.policies),
    }
