"""Settings of the HTTP collector: who may send, how much, whom it believes, and how long it waits."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr, StringConstraints
from pydantic_settings import BaseSettings


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _origins(text: str) -> str:
    for origin in _listed(text):
        if not re.fullmatch(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?", origin):
            raise ValueError("expected origins such as https://shop.example, in lower case, with commas between")
    return text


def _networks(text: str) -> str:
    for network in _listed(text):
        try:
            ipaddress.ip_network(network)
        except ValueError:
            raise ValueError("expected addresses or networks such as 10.0.0.0/8, with commas between") from None
    return text


HeaderName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,64}$", to_lower=True)]


class CollectorSettings(BaseSettings):
    """The part of `Settings` that is about `consent collect`."""

    collector_origins: Annotated[str, AfterValidator(_origins)] = Field(
        "", description="Origins that may send for every site, with commas between; a site's own are in its policy."
    )
    collector_unknown_sites: Literal["accept", "refuse"] = Field(
        "accept", description="What becomes of events of a site that has no file in `policies/sites`."
    )
    collector_write_key: SecretStr | None = Field(
        None, description="If set, every sender must give it, as the header `X-Write-Key` or as `?key=`."
    )
    collector_proxies: Annotated[str, AfterValidator(_networks)] = Field(
        "", description="Networks of our own proxies, with commas between: only their forwarding headers are believed."
    )
    collector_region_header: HeaderName | None = Field(
        None, description="Header in which such a proxy gives the visitor's country, for example CF-IPCountry."
    )
    collector_subdivision_header: HeaderName | None = Field(
        None,
        description="Header in which it gives the part of it, for example CloudFront-Viewer-Country-Region.",
    )
    collector_region_file: Path | None = Field(
        None, description="A .mmdb file of regions (MaxMind's or DB-IP's form), where no such header comes."
    )
    collector_max_body: int = Field(256 * 1024, ge=1024, le=16 * 1024 * 1024, description="Bytes of a request's body.")
    collector_max_events: int = Field(500, ge=1, le=100_000, description="Events of one request.")
    collector_rate: Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]*/(second|minute|hour)$")] = Field(
        "6000/minute", description="Requests that one client address may make; many people may share one."
    )
    collector_max_connections: int = Field(2_000, ge=1, description="Connections at once; more are answered 503.")
    collector_read_timeout: float = Field(10.0, gt=0, description="Seconds a client may take to send a request.")
    collector_produce_timeout: float = Field(
        2.0, ge=0.5, description="Seconds Kafka may take to acknowledge before an event goes to the spool instead."
    )
    collector_spool_bytes: int = Field(
        1024 * 1024 * 1024, ge=1024 * 1024, description="Bytes the spool may take on disk while Kafka is away."
    )

    @property
    def collector_origin_list(self) -> list[str]:
        """`collector_origins`, split."""
        return _listed(self.collector_origins)

    @property
    def collector_proxy_list(self) -> list[str]:
        """`collector_proxies`, split."""
        return _listed(self.collector_proxies)
