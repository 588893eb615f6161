"""The secret that signs sessions and forms, and the tokens that prove a form came from one of our own pages."""

from __future__ import annotations

import os
import secrets

from itsdangerous import BadSignature, URLSafeTimedSerializer

from consent.errors import ConsentError
from consent.settings import Settings
from dashboards.access.visitors import Visitor

_FORM_SECONDS = 12 * 3600
_SHORTEST = 32


def secret(settings: Settings) -> str:
    """The content of the secret's file, which is made for its owner alone if the settings name none.

    Raises ConsentError for one that cannot be read or is too short to keep anyone out.
    """
    path = settings.dashboard_secret_file or settings.home / "dashboard_secret"
    try:
        if settings.dashboard_secret_file is None and not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(48))
    except FileExistsError:
        pass  # another process was quicker
    except OSError as error:
        raise ConsentError(f"{path}: cannot keep the dashboard's secret there: {error.strerror}") from None
    try:
        text = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise ConsentError(f"{path}: cannot read the dashboard's secret") from None
    if len(text) < _SHORTEST:
        raise ConsentError(f"{path}: expected at least {_SHORTEST} random characters; came {len(text)}")
    return text


class Forms:
    """Signs what a form carries, for one visitor: nobody else's page can make a browser send it."""

    def __init__(self, key: str) -> None:
        self._signer = URLSafeTimedSerializer(key, salt="form")

    def token(self, visitor: Visitor) -> str:
        """What a form of this visitor must carry."""
        return self._signer.dumps(f"{visitor.via}:{visitor.name}")

    def is_from(self, visitor: Visitor, token: str) -> bool:
        """Whether the form was given to that visitor, less than half a day ago."""
        try:
            return bool(self._signer.loads(token, max_age=_FORM_SECONDS) == f"{visitor.via}:{visitor.name}")
        except BadSignature:
            return False
