"""Home, urgent help, pages of text, and what is shown when something is wrong."""

from __future__ import annotations

from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from wayline.library import library
from wayline.web.models import VaultRecord
from wayline.web.visitors import today


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "web/home.html")


@require_safe
def get_help_now(request: HttpRequest) -> HttpResponse:
    return render(request, "web/help.html", {"page": library().pages["get-help-now"]})


@require_safe
def page(request: HttpRequest, page_id: str) -> HttpResponse:
    found = library().pages.get(page_id)
    if found is None:
        raise Http404
    references = [library().references[cite] for cite in found.cites]
    return render(request, "web/page.html", {"page": found, "references": references, "overdue": found.next_review < today()})


@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """For a proxy or a service manager: 200 when content and database answer."""
    library()
    try:
        VaultRecord.objects.exists()
    except DatabaseError:
        return HttpResponse("the database does not answer\n", status=503, content_type="text/plain")
    return HttpResponse("ready\n", content_type="text/plain")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "web/not_found.html", status=404)


def broken(request: HttpRequest) -> HttpResponse:
    return render(request, "web/broken.html", status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "web/csrf.html", status=403)
