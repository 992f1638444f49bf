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


def write_whole(path: Path, content: str | bytes, *, may_replace: bool) -> None:
    """Write a file whole or not at all, readable by its owner only: what is written here is somebody's health.

    Into a temporary file beside it, which then takes its name. A file that is there is replaced only if `may_replace`.
    """
    try:
        if path.exists() and not path.is_file():
            raise WaylineError(f"{path}: this is no plain file, so it cannot be replaced by one")
        descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name[:80]}.", dir=path.parent)
    except OSError as error:
        raise WaylineError(f"{path}: cannot be written ({error.strerror})") from None
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content.encode("utf-8") if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        _take_name(Path(temporary), path, may_replace)
    except OSError as error:
        raise WaylineError(f"{path}: cannot be written ({error.strerror})") from None
    finally:
        with contextlib.suppress(OSError):
            os.unlink(temporary)


def _take_name(temporary: Path, path: Path, may_replace: bool) -> None:
    if may_replace:
        temporary.replace(path)
        return
    taken = WaylineError(f"{path}: there is a file already; it is not written over")
    try:
        os.link(temporary, path)  # unlike a rename, this fails where a file is there
    except FileExistsError:
        raise taken from None
    except OSError:  # a file system without links
        if os.path.lexists(path):
            raise taken from None
        temporary.rename(path)
