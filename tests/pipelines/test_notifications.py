"""Notifications against a real web server and a real mail server."""

from __future__ import annotations

import json
import logging
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import trustme
from typer.testing import CliRunner

from consent.errors import SettingsError
from consent.settings import Settings
from pipelines.cli import app
from pipelines.configured import MASK
from pipelines.diagnosis import Diagnosis
from pipelines.doctor import examine
from pipelines.notifications import Notified, notify
from tests.mail import PASSWORD, USER, mail_server

SECRET = "token-that-nobody-may-see"


class Webhook:
    """Answers every post with `status`, and keeps what came."""

    def __init__(self) -> None:
        self.status = 200
        self.posted: list[dict[str, Any]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                outer.posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(outer.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"json://127.0.0.1:{self.server.server_port}/{SECRET}"

    @property
    def titles(self) -> list[str]:
        return [one["title"] for one in self.posted]


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    made = Webhook()
    thread = threading.Thread(target=made.server.serve_forever)
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


def told(settings: Settings, key: str = "rate_drop:shop", **more: Any) -> Notified:
    return notify(settings, key=key, title=f"About {key}", body="Marketing fell from 41 % to 29 %.", **more)


def test_each_key_goes_out_once_in_its_quiet_period(home: Path, webhook: Webhook) -> None:
    settings = Settings.load(home=home, notify_urls=webhook.url)
    first, second = told(settings), told(settings)
    assert (len(first.sent), first.quiet, first.failed) == (1, (), ())
    assert second == Notified(quiet=first.sent)
    told(settings, "another")
    assert webhook.titles == ["About rate_drop:shop", "About another"]
    assert webhook.posted[0]["message"] == "Marketing fell from 41 % to 29 %."
    told(settings, quiet=timedelta(0))
    assert len(webhook.posted) == 3


def test_what_failed_is_tried_again_and_what_arrived_is_not(home: Path, webhook: Webhook) -> None:
    down = Webhook()
    down.server.server_close()
    settings = Settings.load(home=home, notify_urls=f"{webhook.url} {down.url}")
    first = told(settings)
    assert (len(first.sent), len(first.failed)) == (1, 1)
    again = told(settings)
    assert (again.sent, again.quiet, again.failed) == ((), first.sent, first.failed)
    assert len(webhook.posted) == 1
    webhook.status = 500
    assert len(told(settings, "refused").failed) == 2
    webhook.status = 200
    assert told(settings, "refused").sent == first.sent


def test_two_at_once_send_once(home: Path, webhook: Webhook) -> None:
    settings = Settings.load(home=home, notify_urls=webhook.url)
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: told(settings), range(4)))
    assert sum(len(one.sent) for one in done) == 1
    assert len(webhook.posted) == 1


def test_neither_the_record_nor_the_log_holds_a_secret_or_the_message(
    home: Path, webhook: Webhook, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    webhook.status = 403
    caplog.set_level(logging.DEBUG)
    settings = Settings.load(home=home, notify_urls=f"{webhook.url} slack://{SECRET} {SECRET}://x {SECRET}")
    done = told(settings)
    assert len(done.failed) == 4
    written = (home / "notifications.ndjson").read_text()
    assert [json.loads(line)["sent"] for line in written.splitlines()] == [False] * 4
    printed = capsys.readouterr()
    logged = "".join(record.getMessage() for record in caplog.records if record.name != "urllib3.connectionpool")
    assert "did not reach json#" in logged
    for text in (written, logged, printed.out, printed.err, repr(settings), str(done)):
        assert SECRET not in text
        assert "Marketing" not in text


def test_a_record_that_was_cut_short_is_no_obstacle(home: Path, webhook: Webhook) -> None:
    settings = Settings.load(home=home, notify_urls=webhook.url)
    told(settings)
    with (home / "notifications.ndjson").open("a") as file:
        file.write('[1]\n{"at": "2026-')
    assert told(settings).quiet
    told(settings, "another")
    assert told(settings, "another").quiet


def test_nothing_set_sends_nothing_and_writes_nothing(settings: Settings) -> None:
    assert told(settings) == Notified()
    assert not settings.home.exists()


def diagnosed(settings: Settings, subject: str) -> list[Diagnosis]:
    return [one for one in examine(settings) if one.subject == subject]


def test_mail_goes_through_our_own_server(home: Path) -> None:
    with mail_server() as server:
        settings = Settings.load(
            home=home,
            notify_urls="mailto:product@example.org mailto:compliance@example.org",
            smtp_host="127.0.0.1",
            smtp_port=server.port,
            smtp_tls="none",
            smtp_from="consent@example.org",
        )
        assert len(told(settings).sent) == 2
        assert [one.status for one in diagnosed(settings, "mail")] == ["ok"]
    assert {str(one["To"]) for one in server.arrived} == {"product@example.org", "compliance@example.org"}
    first = server.arrived[0]
    assert (first["Subject"], first["From"].addresses[0].addr_spec) == ("About rate_drop:shop", "consent@example.org")
    assert "Marketing fell from 41 % to 29 %." in first.get_body().get_content()  # type: ignore[union-attr]
    assert [one.status for one in diagnosed(settings, "mail")] == ["fail"], "it is no longer there"
    assert len(told(settings, "another").failed) == 2


def test_mail_is_encrypted_and_signed_in_where_the_server_wants_it(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    with mail_server(context) as server:
        common = {"home": home, "notify_urls": "mailto:product@example.org", "smtp_user": USER}
        common |= {"smtp_host": "127.0.0.1", "smtp_port": server.port, "smtp_from": "consent@example.org"}
        settings = Settings.load(**common, smtp_password=PASSWORD)
        assert told(settings).failed, "nobody vouches for the certificate"
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
        assert told(settings).sent
        assert [one.status for one in diagnosed(settings, "mail")] == ["ok"]
        [refused] = diagnosed(Settings.load(**common, smtp_password="wrong-herons"), "mail")
    assert (refused.status, "CONSENT_SMTP_PASSWORD" in refused.advice) == ("fail", True)
    assert len(server.arrived) == 1


def test_the_doctor_shows_targets_without_secrets(home: Path, webhook: Webhook) -> None:
    environment = {"CONSENT_NOTIFY_URLS": f"{webhook.url} nonsense", "CONSENT_HOME": str(home)}
    done = CliRunner().invoke(app, ["doctor"], env=environment)
    assert f"notify_urls = {MASK}" in done.output
    assert "ok    notify     json#" in done.output
    assert "fail  notify     target#2" in done.output
    assert SECRET not in done.output
    assert webhook.posted == []


def test_the_command_tries_every_target_each_time(home: Path, webhook: Webhook) -> None:
    environment = {"CONSENT_NOTIFY_URLS": webhook.url, "CONSENT_HOME": str(home)}
    for _ in range(2):
        done = CliRunner().invoke(app, ["notify"], env=environment)
        assert (done.exit_code, done.output[:13]) == (0, "sent    json#")
    assert len(webhook.posted) == 2
    webhook.status = 500
    assert CliRunner().invoke(app, ["notify"], env=environment).exit_code == 1


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"notify_urls": "mailto:a@example.org"}, "CONSENT_NOTIFY_URLS: mailto:name@host needs CONSENT_SMTP_HOST"),
        ({"smtp_host": "mail"}, "CONSENT_SMTP_HOST: needs CONSENT_SMTP_FROM"),
        ({"smtp_password": "x"}, "CONSENT_SMTP_USER: a user needs a password"),
        ({"smtp_tls": "ssl"}, "CONSENT_SMTP_TLS: .*'starttls', 'tls' or 'none'"),
        ({"dashboard_url": "nowhere"}, "CONSENT_DASHBOARD_URL: .*valid URL"),
        ({"notify_urls": 4711}, "CONSENT_NOTIFY_URLS: .*valid string$"),
    ],
)
def test_settings_that_cannot_work_are_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        Settings.load(**given)


def test_links_have_no_double_slash() -> None:
    assert Settings.load(dashboard_url="https://consent.example/").dashboard_url == "https://consent.example"


def test_a_file_may_list_targets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("consent.toml").write_text('notify_urls = ["json://a/x", "json://b/y"]')
    urls = Settings.load().notify_urls
    assert urls
    assert urls.get_secret_value().split() == ["json://a/x", "json://b/y"]
