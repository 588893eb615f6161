"""A real mail server on a free port of 127.0.0.1, which keeps what arrives."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

USER, PASSWORD = "reports", "wet-herons-2718"


class MailServer(Controller):
    """Keeps messages in `arrived`; with a `tls` context it insists on STARTTLS, and then on a user."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.arrived: list[EmailMessage] = []
        more: dict[str, Any] = {}
        if tls:
            more = {"tls_context": tls, "require_starttls": True, "authenticator": _known, "auth_required": True}
        super().__init__(self, hostname="127.0.0.1", port=0, ready_timeout=30, **more)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.arrived.append(message)
        return "250 kept"

    def _trigger_server(self) -> None:
        assert self.server is not None
        self.port = self.server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
        super()._trigger_server()


def _known(server: Any, session: Any, envelope: Any, mechanism: str, given: Any) -> AuthResult:
    known = isinstance(given, LoginPassword) and (given.login, given.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=known, handled=False)


@contextmanager
def mail_server(tls: ssl.SSLContext | None = None) -> Iterator[MailServer]:
    """The server, running; stopped at the end."""
    server = MailServer(tls)
    server.start()
    try:
        yield server
    finally:
        server.stop()
