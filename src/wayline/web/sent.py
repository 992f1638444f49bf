"""Addresses that only take what a form sends."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect

View = Callable[..., HttpResponse]


def only_sent(back: str) -> Callable[[View], View]:
    """For a view that takes POST alone: whoever comes by the address, or by the browser's back button, is led to the page named `back`."""

    def marked(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
            if request.method == "POST":
                return view(request, *arguments, **named)
            if request.method in ("GET", "HEAD"):
                return redirect(back)
            return HttpResponseNotAllowed(["POST"])

        return guarded

    return marked
