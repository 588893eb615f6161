"""Settings of the dashboard: who is let in, how they prove it, and who may do what."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings

_OIDC = ("dashboard_oidc_issuer", "dashboard_oidc_client_id", "dashboard_oidc_client_secret")


class DashboardSettings(BaseSettings):
    """The part of `Settings` that is about the dashboard."""

    dashboard_access: Literal["local", "token", "proxy", "oidc"] = Field(
        "local",
        description="Who is let in. local: this machine alone, as admin; token: bearers of an API token; proxy: whom a"
        " trusted proxy names; oidc: who signs in. Tokens work with each.",
    )
    dashboard_viewers: str = Field(
        "*", description="Users and groups that may look, with commas between; *: whoever signed in."
    )
    dashboard_compliance: str = Field(
        "", description="Users and groups that may also acknowledge findings and see subjects' ids."
    )
    dashboard_admins: str = Field("", description="Users and groups that may do everything.")
    dashboard_proxy_user_header: str = Field(
        "X-Forwarded-User", description="With proxy: the header that names the user."
    )
    dashboard_proxy_groups_header: str = Field(
        "X-Forwarded-Groups", description="With proxy: the header that lists the user's groups, commas between."
    )
    dashboard_trusted_proxies: str = Field(
        "127.0.0.1/32,::1/128", description="With proxy: the addresses whose headers are believed, commas between."
    )
    dashboard_oidc_issuer: str | None = Field(None, description="With oidc: the provider's issuer URL.")
    dashboard_oidc_client_id: str | None = Field(None, description="With oidc: this client's id there.")
    dashboard_oidc_client_secret: SecretStr | None = Field(None, description="With oidc: this client's secret.")
    dashboard_oidc_groups_claim: str = Field("groups", description="With oidc: the claim that lists the groups.")
    dashboard_session_hours: float = Field(12, gt=0, le=720, description="With oidc: how long a sign-in lasts.")
    dashboard_secret_file: Path | None = Field(
        None, description="File whose content signs sessions and forms; unset: one made in the home folder."
    )
    dashboard_frame_ancestors: str = Field(
        "'none'", description="Who may show /embed/ charts in a frame, as in CSP: https://wiki.example, or 'self'."
    )

    @field_validator("dashboard_trusted_proxies")
    @classmethod
    def _networks(cls, value: str) -> str:
        for part in listed(value):
            try:
                ip_network(part)
            except ValueError:
                text = f"expected addresses or networks such as 10.0.0.0/8; came {part!r}"
                raise PydanticCustomError("network", "{text}", {"text": text}) from None
        return value

    @field_validator("dashboard_frame_ancestors")
    @classmethod
    def _one_directive(cls, value: str) -> str:
        if not value.isascii() or not value.isprintable() or set(value) & {";", ","}:
            text = "expected sources of a CSP frame-ancestors, spaces between, such as https://wiki.example"
            raise PydanticCustomError("sources", "{text}", {"text": text})
        return value

    @model_validator(mode="after")
    def _provider_is_whole(self) -> Self:
        missing = [f"CONSENT_{name.upper()}" for name in (*_OIDC, "dashboard_url") if not getattr(self, name)]
        if self.dashboard_access == "oidc" and missing:
            text = f"CONSENT_DASHBOARD_ACCESS: oidc needs {', '.join(missing)}"
            raise PydanticCustomError("incomplete", "{text}", {"text": text})
        return self


def listed(text: str) -> list[str]:
    """The parts of a setting that lists things with commas between."""
    return [part.strip() for part in text.split(",") if part.strip()]
