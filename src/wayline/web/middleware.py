"""What every page gets besides Django's own security headers."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import render

from wayline.web.key_words import damage_shown
from wayline.web.lockbox import DamagedPartError
from wayline.web.uploads import NoRoomError, give_back, read_whole, throw_away
from wayline.web.vault import SignedOutError, Vault
from wayline.web.visitors import forget_key, keep, vault_of

FORM = "application/x-www-form-urlencoded"
FORM_WITH_FILE = "multipart/form-data"
_View = Callable[..., HttpResponse]


def takes_a_file(largest_bytes: int) -> Callable[[_View], _View]:
    """Mark a view whose form may carry a file: its whole body may be so long. Every other view takes plain forms only."""

    def mark(view: _View) -> _View:
        view.largest_body_bytes = largest_bytes  # type: ignore[attr-defined]
        return view

    return mark


class CompressedFiles(GZipMiddleware):
    """Style sheets and scripts travel compressed, for an old phone on a weak network.

    Pages do not: the length of a compressed page could tell what stands in it.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        return super().process_response(request, response) if request.path.startswith(settings.STATIC_URL) else response


class WholeForms:
    """A form that did not arrive whole changes nothing: a cut connection must not turn platelets of 265 into 2."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            return self.get_response(request)
        finally:
            give_back(request)

    def process_view(self, request: HttpRequest, view: _View, args: object, kwargs: object) -> HttpResponse | None:
        """Before anything reads the form, the check against forged ones included."""
        if request.method != "POST" or request.META.get("CONTENT_LENGTH") in (None, "", "0"):
            return None
        largest_bytes = getattr(view, "largest_body_bytes", 0)
        if (request.content_params or {}).get("charset", "utf-8").lower() != "utf-8":
            return render(request, "web/not_whole.html", status=415)
        if request.content_type == FORM_WITH_FILE and largest_bytes:
            if int(request.META["CONTENT_LENGTH"]) > largest_bytes:
                throw_away(request, int(request.META["CONTENT_LENGTH"]))
                return render(request, "web/file_too_large.html", status=413)
        elif request.content_type != FORM:
            return render(request, "web/not_whole.html", status=415)
        try:
            if request.content_type == FORM_WITH_FILE:
                request._body = read_whole(request, int(request.META["CONTENT_LENGTH"]))  # longer than a form's body may be
            arrived = len(request.body)
        except UnreadablePostError:
            arrived = -1
        except NoRoomError:
            return render(request, "web/files_wait.html", status=503)
        if str(arrived) != request.META.get("CONTENT_LENGTH", ""):
            return render(request, "web/not_whole.html", status=400)
        return None


class PrivatePages:
    """Pages are not stored by browsers or proxies, and whoever comes back keeps their key as long as the record is kept."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        vault = request.META.get("wayline.vault")
        if vault is None and settings.VAULT_COOKIE in request.COOKIES and response.status_code == 200:
            vault = self._touched(request)
        if vault is not None and vault.is_kept and settings.VAULT_COOKIE not in response.cookies:
            keep(vault.cookie, response, until_closed=vault.until_closed)
        if not response.headers.get("Cache-Control"):
            response.headers["Cache-Control"] = "no-store"
        response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=()"
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """What may happen wherever a vault is opened: a part that does not open, and a device that was left alone for too long."""
        if isinstance(exception, DamagedPartError):
            return render(request, "web/keys_damaged.html", damage_shown(exception.parts) | {"was_saving": True}, status=409)
        if isinstance(exception, SignedOutError):
            exception.vault.sign_out()
            response = render(request, "web/keys_signed_out.html", status=403)
            forget_key(response)
            return response
        return None

    @staticmethod
    def _touched(request: HttpRequest) -> Vault | None:
        """The visitor's vault, noted as visited. A page that needs no database is served without one."""
        try:
            vault = vault_of(request)
            vault.touch()
        except DatabaseError:
            return None
        return vault
