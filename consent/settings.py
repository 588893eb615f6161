"""Settings: one frozen object, built once at the edge from the environment and an optional `consent.toml`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from consent.collector_settings import CollectorSettings
from consent.dashboard_settings import DashboardSettings
from consent.errors import SettingsError
from consent.kafka_settings import KafkaSettings
from consent.notification_settings import NotificationSettings
from consent.rights_settings import RightsSettings

ROOT = Path(__file__).resolve().parent.parent


class Settings(RightsSettings, DashboardSettings, CollectorSettings, NotificationSettings, KafkaSettings):
    """What can be set, as `CONSENT_<NAME>` or as `name = …` in `consent.toml` (the environment wins)."""

    model_config = SettingsConfigDict(
        env_prefix="CONSENT_",
        toml_file="consent.toml",
        frozen=True,
        extra="forbid",
        env_ignore_empty=True,
        hide_input_in_errors=True,
    )

    home: Path = Field(Path(".consent"), description="Folder that holds everything on disk.")
    policies: Path = Field(ROOT / "policies", description="Folder of sites, jurisdictions, categories, rules.")
    topic: str = Field("consent.events", min_length=1, max_length=249, description="Kafka topic of the events.")
    ingest_max_latency: float = Field(1.0, gt=0, le=3600, description="Seconds a read event may wait for its batch.")
    ingest_group: str = Field(
        "consent-ingest", max_length=249, description="Consumer group that runs on one Kafka share; empty: none."
    )
    ingest_batch_rows: int = Field(
        64_000, ge=1, le=5_000_000, description="Events that end a batch; 61,440 good ones or more are written once."
    )
    ingest_batch_bytes: int = Field(
        64 * 1024 * 1024, ge=1024, description="Bytes of values that end a batch before its rows do."
    )
    lock_timeout: float = Field(120.0, ge=0, description="Seconds to wait while another process writes.")
    refresh_memory: str = Field(
        "3GB", pattern=r"^[0-9]+(\.[0-9]+)?(MB|GB|MiB|GiB)$",
        description="Memory that a refresh's DuckDB may take; what does not fit goes to `<home>/spill` meanwhile.",
    )  # fmt: skip
    ingest_metrics_port: int | None = Field(
        None, ge=0, le=65535, description="Port on 127.0.0.1 for /metrics and /healthz of ingest; unset: neither."
    )
    ingest_lag_limit: int = Field(
        100_000, ge=0, description="Records that may wait in Kafka before `consent doctor` and a refresh warn."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least level logged; unless set, a terminal shows from warning on."
    )
    log_format: Literal["auto", "json", "text"] = Field(
        "auto", description="Lines on standard error; auto: text on a terminal, else JSON."
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then the environment, then `consent.toml` in the working directory."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    @classmethod
    def load(cls, **overrides: Any) -> Settings:
        """Build the settings; `None` overrides are left out. Raises SettingsError naming what is allowed."""
        try:
            return cls(**{name: value for name, value in overrides.items() if value is not None})
        except ValidationError as error:
            raise SettingsError(_explain(error)) from None
        except ValueError as error:  # a consent.toml that is not TOML
            raise SettingsError(f"consent.toml: {error}") from None

    @property
    def warehouse(self) -> Path:
        """The live DuckDB file."""
        return self.home / "warehouse.duckdb"

    @property
    def snapshot(self) -> Path:
        """Link to the newest published snapshot."""
        return self.home / "snapshot.duckdb"

    @property
    def reports(self) -> Path:
        """Where reports are written unless told otherwise."""
        return self.home / "reports"

    @property
    def dagster_home(self) -> Path:
        """Dagster's run history and schedules."""
        return self.home / "dagster"

    @property
    def broker_file(self) -> Path:
        """Where a running embedded broker says its address."""
        return self.home / "broker.json"


def _explain(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_context=False)[0]
    if not first["loc"]:  # settings that contradict each other: the text names them
        return str(first["msg"])
    name = ".".join(str(part) for part in first["loc"])
    secret = "SecretStr" in str(getattr(Settings.model_fields.get(name), "annotation", ""))
    came = "" if secret else f" (came: {first.get('input')!r})"
    return f"CONSENT_{name.upper()}: {first['msg']}{came}"
