"""Signing: Ed25519 over the hash of a block, with a key the organisation keeps in a file of its own."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from consent.errors import SettingsError
from consent.settings import Settings


@dataclass(frozen=True)
class SigningKey:
    """A private key; `key_id` is the SHA-256 of the public one's 32 bytes, in hex, which may be shown to anyone."""

    private: Ed25519PrivateKey

    @classmethod
    def load(cls, path: Path) -> SigningKey:
        """Read an unencrypted PKCS 8 PEM, as `openssl genpkey -algorithm ed25519` writes it. Raises SettingsError."""
        expected = "expected an Ed25519 private key in PEM (openssl genpkey -algorithm ed25519 -out FILE)"
        try:
            key = serialization.load_pem_private_key(path.read_bytes(), password=None)
        except OSError as error:
            raise SettingsError(f"CONSENT_PROOF_KEY_FILE: {path}: cannot read: {error.strerror}") from None
        except (ValueError, TypeError):
            raise SettingsError(f"CONSENT_PROOF_KEY_FILE: {path}: {expected}") from None
        if not isinstance(key, Ed25519PrivateKey):
            raise SettingsError(f"CONSENT_PROOF_KEY_FILE: {path}: {expected}")
        return cls(key)

    @classmethod
    def configured(cls, settings: Settings) -> SigningKey | None:
        """The key of CONSENT_PROOF_KEY_FILE; None where none is set. Raises SettingsError."""
        return cls.load(settings.proof_key_file) if settings.proof_key_file else None

    @property
    def public(self) -> bytes:
        """The public key's 32 bytes."""
        return self.private.public_key().public_bytes_raw()

    @property
    def key_id(self) -> str:
        """What names the key."""
        return key_id(self.public)

    def sign(self, message: bytes) -> bytes:
        """64 bytes."""
        return self.private.sign(message)


def key_id(public: bytes) -> str:
    """What names a public key."""
    return hashlib.sha256(public).hexdigest()


def is_signed(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether the signature is that of the key's owner over the message."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
