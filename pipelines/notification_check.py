"""What the doctor looks at of notifications: whether targets mean anything, and whether the mail server lets us in."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator

from consent.settings import Settings
from pipelines.diagnosis import Diagnosis
from pipelines.notifications import targets

_PATIENCE = 5.0


def notification_targets(settings: Settings) -> Iterator[Diagnosis]:
    """Targets by scheme and hash; nothing is sent. Nothing is said where none is set: not every user wants them."""
    for target in targets(settings):
        if target.service is None:
            advice = "CONSENT_NOTIFY_URLS takes mailto:name@host and the URLs of Apprise, separated by spaces"
            yield Diagnosis("fail", "notify", f"{target.name} is not a target that can be sent to", advice)
        else:
            yield Diagnosis("ok", "notify", f"{target.name} ({target.service.service_name}); `consent notify` tries it")


def mail_server(settings: Settings) -> Iterator[Diagnosis]:
    """Connects, encrypts and signs in, and sends nothing."""
    if not settings.smtp_host:
        return
    where = f"{settings.smtp_host}:{settings.smtp_port_used}, {settings.smtp_tls}"
    try:
        _sign_in(settings)
    except smtplib.SMTPAuthenticationError as error:
        advice = "mend CONSENT_SMTP_USER and CONSENT_SMTP_PASSWORD"
        yield Diagnosis("fail", "mail", f"{where}: refuses the user (code {error.smtp_code})", advice)
    except (OSError, smtplib.SMTPException) as error:
        problem = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        yield Diagnosis("fail", "mail", f"{where}: {problem}", "mend CONSENT_SMTP_HOST, _PORT and _TLS")
    else:
        yield Diagnosis("ok", "mail", f"{where}, from {settings.smtp_from}")


def _sign_in(settings: Settings) -> None:
    host, port = settings.smtp_host or "", settings.smtp_port_used
    context = ssl.create_default_context()
    made = (
        smtplib.SMTP_SSL(host, port, timeout=_PATIENCE, context=context)
        if settings.smtp_tls == "tls"
        else smtplib.SMTP(host, port, timeout=_PATIENCE)
    )
    with made as server:
        if settings.smtp_tls == "starttls":
            server.starttls(context=context)
        if settings.smtp_user and settings.smtp_password:
            server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
        server.noop()
