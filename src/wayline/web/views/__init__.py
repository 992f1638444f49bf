"""The pages. A view reads the vault, makes one call into the core, and renders."""

from wayline.web.views.about import csrf_failure

__all__ = ["csrf_failure"]
