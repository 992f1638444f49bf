"""Where Wayline keeps its data: the site's database and key, and the mirror of trials."""

from __future__ import annotations

import os
from pathlib import Path


def data_folder_path() -> Path:
    """The folder named by WAYLINE_DATA, else `wayline` in the user's data folder; it may be absent."""
    named = os.environ.get("WAYLINE_DATA")
    return Path(named) if named else Path(os.environ.get("XDG_DATA_HOME", "~/.local/share")).expanduser() / "wayline"


def data_folder() -> Path:
    """The data folder, made for its owner only where it is absent."""
    folder = data_folder_path()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder.resolve()
