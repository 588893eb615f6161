"""Settings of findings, proof, retention and people's rights."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings


class RightsSettings(BaseSettings):
    """The part of `Settings` that is about what the consent store owes to people and to auditors."""

    proof_key_file: Path | None = Field(
        None, description="PEM of an Ed25519 private key that signs the blocks of the proof; unset: unsigned."
    )
