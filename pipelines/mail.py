"""Mail through the configured server, with its certificate checked, tried again while the server is only busy."""

from __future__ import annotations

import contextlib
import smtplib
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from typing import Protocol

from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_exponential

from consent.errors import ConsentError
from consent.settings import Settings

_TYPES = {"html": ("text", "html"), "pdf": ("application", "pdf"), "csv": ("text", "csv")}
_TIMEOUT = 30
_TRIES = 4


class Says(Protocol):
    """What a mail says, as text and as HTML."""

    @property
    def subject(self) -> str: ...  # noqa: D102
    @property
    def text(self) -> str: ...  # noqa: D102
    @property
    def html(self) -> str: ...  # noqa: D102


class MailRefused(ConsentError):
    """The server will not take the mail, or cannot be reached; nothing was sent."""


class MailUncertain(ConsentError):
    """The way broke off while the mail was on it: it may have been sent."""


def compose(settings: Settings, recipient: str, letter: Says, attachments: dict[str, bytes]) -> EmailMessage:
    """A message to one recipient: text, HTML beside it, and files by their names. Raises ConsentError without SMTP."""
    sender = settings.smtp_from
    if not settings.smtp_host or not sender:
        raise ConsentError("mail needs CONSENT_SMTP_HOST and CONSENT_SMTP_FROM; --dry-run needs only the second")
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, recipient, letter.subject
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2] or None)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers, please
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    for name, content in attachments.items():
        main, sub = _TYPES[name.rpartition(".")[2]]
        message.add_attachment(content, maintype=main, subtype=sub, filename=name)
    return message


def send(settings: Settings, message: EmailMessage) -> None:
    """Hand the message over. Raises MailRefused where it was not sent, MailUncertain where nobody knows.

    Tried again, with growing pauses, while the server cannot be reached or says that it is busy (4xx, RFC 5321).
    """
    tries = Retrying(
        retry=retry_if_exception(_may_pass),
        stop=stop_after_attempt(_TRIES),
        wait=wait_exponential(multiplier=0.5, max=30),
        reraise=True,
    )
    try:
        tries(_send, settings, message)
    except ssl.SSLError as error:
        raise MailRefused(f"mail server {settings.smtp_host}: TLS failed: {error.reason or 'not trusted'}") from None
    except smtplib.SMTPRecipientsRefused:
        raise MailRefused(f"mail server {settings.smtp_host}: it refused the recipient") from None
    except smtplib.SMTPResponseException as error:
        raise MailRefused(f"mail server {settings.smtp_host}: it answered {error.smtp_code}") from None
    except (OSError, smtplib.SMTPException) as error:
        raise MailRefused(f"mail server {settings.smtp_host}: {type(error).__name__}") from None


def _may_pass(error: BaseException) -> bool:
    if isinstance(error, ssl.SSLError | MailUncertain):
        return False
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(400 <= code < 500 for code, _ in error.recipients.values())
    if isinstance(error, smtplib.SMTPResponseException):
        return 400 <= error.smtp_code < 500
    return isinstance(error, OSError | smtplib.SMTPServerDisconnected)


def _send(settings: Settings, message: EmailMessage) -> None:
    with _connected(settings) as server:
        try:
            server.send_message(message)
        except (smtplib.SMTPServerDisconnected, TimeoutError, ConnectionError):
            raise MailUncertain(
                f"mail server {settings.smtp_host}: the connection broke while the mail was sent; it may have arrived"
            ) from None


@contextlib.contextmanager
def _connected(settings: Settings) -> Iterator[smtplib.SMTP]:
    host, port = settings.smtp_host or "", settings.smtp_port_used
    trusted = ssl.create_default_context()
    server: smtplib.SMTP
    if settings.smtp_tls == "tls":
        server = smtplib.SMTP_SSL(host, port, timeout=_TIMEOUT, context=trusted)
    else:
        server = smtplib.SMTP(host, port, timeout=_TIMEOUT)
    try:
        if settings.smtp_tls == "starttls":
            server.starttls(context=trusted)
        if settings.smtp_user and settings.smtp_password:
            server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
        yield server
    finally:
        with contextlib.suppress(OSError, smtplib.SMTPException):
            server.quit()
