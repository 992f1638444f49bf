"""What every page gets besides Django's own security headers."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from wayline.web.visitors import keep


class PrivatePages:
    """Pages are not stored by browsers or proxies: somebody else may use the device next."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        key = request.COOKIES.get(settings.VAULT_COOKIE)
        if key and settings.VAULT_COOKIE not in response.cookies:
            keep(key, response)  # whoever comes back keeps the key as long as the record is kept
        if not response.headers.get("Cache-Control"):
            response.headers["Cache-Control"] = "no-store"
        response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=()"
        return response
