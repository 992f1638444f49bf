"""Icon arrays: 100 figures in order, drawn as lines, with their text twin beside them."""

from __future__ import annotations

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

ACROSS = 20
STEP = 14


def icon_array(of_100: int, label: str) -> SafeString:
    """An SVG of 100 circles, the first `of_100` filled. Cells stand in order, all of one size."""
    circles = format_html_join(
        "",
        '<circle cx="{}" cy="{}" r="5" class="{}"/>',
        (
            (STEP // 2 + cell % ACROSS * STEP, STEP // 2 + cell // ACROSS * STEP, "filled" if cell < of_100 else "open")
            for cell in range(100)
        ),
    )
    return format_html(
        '<svg class="icons" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>', ACROSS * STEP, 100 // ACROSS * STEP, label, circles
    )
