"""What every page's template may use."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from wayline import __version__
from wayline.library import library
from wayline.web.key_words import part_words
from wayline.web.raised import lazily, taken_units


def every_page(request: HttpRequest) -> dict[str, Any]:
    """The line's number and hours, the version, whether this device holds a vault key, and parts of the record that did not open."""

    def damaged_parts() -> list[str]:
        """Asked for while the page is made: some pages open the vault only then."""
        vault = request.META.get("wayline.vault")
        return [] if vault is None else part_words(vault.damaged)

    return {
        "line_number": settings.LINE_NUMBER,
        "line_hours": settings.LINE_HOURS,
        "contact": settings.CONTACT,
        "large_print": request.GET.get("print") == "large",
        "site": library().site,
        "version": __version__,
        "has_vault": settings.VAULT_COOKIE in request.COOKIES,
        "raised_flags": lazily(request),
        "saved": request.GET.get("saved", ""),
        "taken_units": taken_units(request) if request.GET.get("unit") == "taken" else [],
        "damaged_parts": damaged_parts,
    }
