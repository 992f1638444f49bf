"""Where the content lives: inside the installed package, or beside the source in a checkout."""

from __future__ import annotations

from pathlib import Path

import wayline
from wayline.reading import WaylineError


def content_folder() -> Path:
    """The folder `content/`. In a wheel it lies inside the package; in a checkout, beside `src`."""
    package = Path(wayline.__file__).parent
    for candidate in (package / "content", package.parent.parent / "content"):
        if (candidate / "vocabulary").is_dir():
            return candidate
    raise WaylineError(f"the content folder was not found beside {package}")
