"""A visitor's browser for tests: forms are sent as browsers send them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

FORM = "application/x-www-form-urlencoded"


class FormClient(Client):
    """Django's test client, with forms in the plain encoding that our pages use instead of multipart."""

    def post(self, path: str, data: Any = None, content_type: str = FORM, **extra: Any) -> Any:  # type: ignore[override]
        if content_type == FORM and isinstance(data, dict | None):
            data = urlencode(data or {}, doseq=True)
        return super().post(path, data, content_type=content_type, **extra)


@pytest.fixture
def client() -> Client:
    return FormClient()
