"""What every page gets besides Django's own security headers."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.shortcuts import render

from wayline.web.vault import Vault
from wayline.web.visitors import keep, vault_of

FORM = "application/x-www-form-urlencoded"


class WholeForms:
    """A form that did not arrive whole changes nothing: a cut connection must not turn platelets of 265 into 2."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method == "POST" and request.META.get("CONTENT_LENGTH") not in (None, "", "0"):
            if request.content_type != FORM or (request.content_params or {}).get("charset", "utf-8").lower() != "utf-8":
                return render(request, "web/not_whole.html", status=415)
            try:
                arrived = len(request.body)
            except UnreadablePostError:
                arrived = -1
            if str(arrived) != request.META.get("CONTENT_LENGTH", ""):
                return render(request, "web/not_whole.html", status=400)
        return self.get_response(request)


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
            keep(vault.cookie, response)
        if not response.headers.get("Cache-Control"):
            response.headers["Cache-Control"] = "no-store"
        response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=()"
        return response

    @staticmethod
    def _touched(request: HttpRequest) -> Vault | None:
        """The visitor's vault, noted as visited. A page that needs no database is served without one."""
        try:
            vault = vault_of(request)
            vault.touch()
        except DatabaseError:
            return None
        return vault
