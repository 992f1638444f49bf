"""Where the content lives: inside the installed package, or beside the source in a checkout."""

from __future__ import annotations

import os
from pathlib import Path

import wayline
from wayline.reading import WaylineError


def content_folder() -> Path:
    """The folder named by WAYLINE_CONTENT; else the one that ships, inside the package or beside `src` in a checkout."""
    named = os.environ.get("WAYLINE_CONTENT")
    if named:
        if not (Path(named) / "vocabulary").is_dir():
            raise WaylineError(f"WAYLINE_CONTENT: there is no content folder at {named}")
        return Path(named)
    package = Path(wayline.__file__).parent
    for candidate in (package / "content", package.parent.parent / "content"):
        if (candidate / "vocabulary").is_dir():
            return candidate
    raise WaylineError(f"the content folder was not found beside {package}")
