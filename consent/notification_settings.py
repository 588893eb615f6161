"""Settings of what goes out to people: where notifications go, the mail server, and the address that links point to."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, HttpUrl, SecretStr, TypeAdapter, model_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings


def _joined(value: Any) -> Any:
    """A list, as `consent.toml` may have it, as one text."""
    return " ".join(value) if isinstance(value, list) and all(isinstance(one, str) for one in value) else value


def _address(value: Any) -> Any:
    """The address without a slash at its end, so that a path can follow."""
    return None if value is None else str(TypeAdapter(HttpUrl).validate_python(value)).rstrip("/")


class NotificationSettings(BaseSettings):
    """The part of `Settings` that is about mail, webhooks and chat."""

    notify_urls: Annotated[SecretStr | None, BeforeValidator(_joined)] = Field(
        None,
        description="Where alerts and findings go, separated by spaces: `mailto:name@host` (through the mail server "
        "below), or any URL of Apprise, such as `slack://…`, `msteams://…`, `json://host/path` (a webhook); unset: "
        "nowhere.",
    )
    notify_quiet_days: float = Field(
        7.0, ge=0, description="Days in which the same alert, come back, is not told again."
    )
    smtp_host: str | None = Field(None, description="Mail server for notifications and reports; unset: no mail.")
    smtp_port: int | None = Field(
        None, ge=1, le=65535, description="Its port; unset: 587 with starttls, 465 with tls, 25 without."
    )
    smtp_user: str | None = Field(None, description="User at the mail server, where it asks for one.")
    smtp_password: SecretStr | None = Field(None, description="That user's password.")
    smtp_tls: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="How the way to the mail server is encrypted; certificates are checked."
    )
    smtp_from: str | None = Field(None, description="Sender of mail, as an address.")
    dashboard_url: Annotated[str | None, BeforeValidator(_address)] = Field(
        None,
        description="Where browsers reach the dashboard, such as https://consent.example: for links, and oidc.",
    )

    @property
    def smtp_port_used(self) -> int:
        """The port, or the one that goes with the encryption."""
        return self.smtp_port or {"starttls": 587, "tls": 465, "none": 25}[self.smtp_tls]

    @model_validator(mode="after")
    def _mail_can_be_sent(self) -> Self:
        if self.smtp_host and not self.smtp_from:
            raise _contradiction("smtp_host", "needs CONSENT_SMTP_FROM, the sender's address")
        if bool(self.smtp_user) != bool(self.smtp_password):
            raise _contradiction("smtp_user", "a user needs a password (CONSENT_SMTP_PASSWORD), and a password a user")
        if not self.smtp_host and "mailto:" in _schemes(self.notify_urls):
            raise _contradiction("notify_urls", "mailto:name@host needs CONSENT_SMTP_HOST and CONSENT_SMTP_FROM")
        return self


def _schemes(urls: SecretStr | None) -> set[str]:
    """`mailto:` for an address to be reached through our own mail server; Apprise's own URLs go on with `//`."""
    listed = urls.get_secret_value().split() if urls else []
    return {f"{url.partition(':')[0].lower()}:" for url in listed if not url.partition(":")[2].startswith("//")}


def _contradiction(name: str, problem: str) -> PydanticCustomError:
    return PydanticCustomError("contradiction", "{text}", {"text": f"CONSENT_{name.upper()}: {problem}"})
