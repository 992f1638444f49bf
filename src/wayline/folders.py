"""Where Wayline keeps its data: the site's database and key, and the mirror of trials. And how it writes a file: whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from wayline.reading import WaylineError


def data_folder_path() -> Path:
    """The folder named by WAYLINE_DATA, else `wayline` in the user's data folder; it may be absent."""
    named = os.environ.get("WAYLINE_DATA")
    return Path(named) if named else Path(os.environ.get("XDG_DATA_HOME", "~/.local/share")).expanduser() / "wayline"


def data_folder() -> Path:
    """The data folder, made for its owner only where it is absent."""
    folder = data_folder_path()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder.resolve()


def write_whole(path: Path, text: str) -> None:
    """Write a text file whole or not at all: into a temporary file beside it, which then takes its name."""
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            # The usual rights of a new file, not those of a temporary one.
            mask = os.umask(0)
            os.umask(mask)
            Path(temporary).chmod(0o666 & ~mask)
            Path(temporary).replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
            raise
    except OSError as error:
        raise WaylineError(f"{path}: cannot be written ({error.strerror})") from None
