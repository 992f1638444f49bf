"""A visitor's vault, from the request's cookie and back into the response's."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from wayline.web.vault import Vault, forget_unused

_swept_on: date | None = None


def today() -> date:
    """The day of this request: the one clock of the web path."""
    return timezone.localdate()


def vault_of(request: HttpRequest) -> Vault:
    """The visitor's vault. The first visit of a day also sweeps out what nobody used for too long."""
    global _swept_on  # one date a process; two sweeps at once do no harm
    if _swept_on != today():
        _swept_on = today()
        forget_unused(_swept_on)
    vault = Vault.from_cookie(request.COOKIES.get(settings.VAULT_COOKIE), today())
    request.META["wayline.vault"] = vault  # for the middleware that gives the key back with the answer
    return vault


def keep(key: str, response: HttpResponse) -> None:
    """Give the visitor their key, for as long as the record is kept."""
    response.set_cookie(
        settings.VAULT_COOKIE,
        key,
        max_age=settings.VAULT_DAYS_UNUSED * 86_400,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )


def forget(response: HttpResponse) -> None:
    """Take the key out of the browser."""
    response.delete_cookie(settings.VAULT_COOKIE, samesite="Lax")
    response.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'
