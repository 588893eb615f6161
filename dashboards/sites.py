"""Sites: every site with a policy or with events, and the way into each."""

from __future__ import annotations

from dashboards.page import Asked, Built, Page


def _build(asked: Asked) -> Built:
    return Built({"rows": asked.snapshot.rows("sites", {})})


PAGE = Page("sites", "/sites", (), _build)
