"""Home, urgent help, and what is shown when something is wrong."""

from __future__ import annotations

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from wayline.library import library
from wayline.web.models import VaultRecord
from wayline.web.rendering import render_plainly


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "web/home.html")


@require_safe
def get_help_now(request: HttpRequest) -> HttpResponse:
    page = library().pages["get-help-now"]
    return render(request, "web/help.html", {"page": page, "body": render_plainly(page.body)})


@require_safe
def offline_help(request: HttpRequest) -> HttpResponse:
    """The small service worker that keeps the urgent page, and nothing else, for when there is no network."""
    response = render(request, "web/offline-help.js", content_type="text/javascript")
    response.headers["Content-Security-Policy"] = "default-src 'none'; connect-src 'self'"
    response.headers["Cache-Control"] = "max-age=0, must-revalidate"
    return response


@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """For a proxy or a service manager: 200 when content and database answer."""
    library()
    try:
        VaultRecord.objects.exists()
    except DatabaseError:
        return HttpResponse("the database does not answer\n", status=503, content_type="text/plain")
    return HttpResponse("ready\n", content_type="text/plain")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    # Rendered without the request: what is wrong with it may be its host.
    return HttpResponse(render_to_string("web/broken.html"), status=400)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "web/not_found.html", status=404)


def broken(request: HttpRequest) -> HttpResponse:
    return render(request, "web/broken.html", status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "web/csrf.html", status=403)
