"""A visitor's vault, from the request's cookie and back into the response's."""

from __future__ import annotations

from datetime import date, datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from wayline.web.keyring import Shared, shared_with
from wayline.web.vault import Vault, forget_unused

_swept_on: date | None = None


def today() -> date:
    """The day of this request: the one clock of the web path."""
    return timezone.localdate()


def now() -> datetime:
    """The time of this request in UTC, for devices that forget their key when left alone."""
    return timezone.now()


def vault_of(request: HttpRequest) -> Vault:
    """The visitor's vault. The first visit of a day also sweeps out what nobody used for too long."""
    global _swept_on  # one date a process; two sweeps at once do no harm
    if _swept_on != today():
        _swept_on = today()
        forget_unused(_swept_on)
    vault = Vault.from_cookie(request.COOKIES.get(settings.VAULT_COOKIE), today(), now())
    request.META["wayline.vault"] = vault  # for the middleware that gives the key back with the answer
    return vault


def shared_view(request: HttpRequest) -> Shared | None:
    """What somebody else lets this browser read, with a key apart from the visitor's own."""
    return shared_with(request.COOKIES.get(settings.VAULT_SHARED_COOKIE), today(), now())


def keep(key: str, response: HttpResponse, *, until_closed: bool = False) -> None:
    """Give the visitor their key, for as long as the record is kept, or until they close the browser."""
    _set_key(settings.VAULT_COOKIE, key, response, until_closed)


def keep_shared(key: str, response: HttpResponse, *, until_closed: bool = False) -> None:
    """Give a caregiver the key to what is shared with them. The end that the owner chose is kept by the record."""
    _set_key(settings.VAULT_SHARED_COOKIE, key, response, until_closed)


def forget(response: HttpResponse) -> None:
    """Take the visitor's key, and that of what others share, out of the browser."""
    forget_key(response)
    forget_shared(response)
    response.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'


def forget_key(response: HttpResponse) -> None:
    """Take the visitor's own key out of the browser."""
    response.delete_cookie(settings.VAULT_COOKIE, samesite="Lax")


def forget_shared(response: HttpResponse) -> None:
    """Take the key of what others share out of the browser."""
    response.delete_cookie(settings.VAULT_SHARED_COOKIE, samesite="Lax")


def _set_key(name: str, key: str, response: HttpResponse, until_closed: bool) -> None:
    response.set_cookie(
        name,
        key,
        max_age=None if until_closed else settings.VAULT_DAYS_UNUSED * 86_400,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )
