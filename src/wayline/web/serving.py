"""`wayline serve`: migrate, load the content, then serve with granian until stopped."""

from __future__ import annotations

import fcntl
import os
import socket

from wayline.library import library
from wayline.reading import WaylineError
from wayline.web.readers import load_readers


def serve(*, host: str, port: int) -> int:
    """Prepare the data folder and serve; returns when the server is stopped."""
    if not 0 < port < 65536:
        raise WaylineError(f"--port: {port} is not a port; choose one from 1 to 65535")
    workers = os.environ.get("WAYLINE_WORKERS", "1")
    if not workers.isdecimal() or not 1 <= int(workers) <= 64:
        raise WaylineError("WAYLINE_WORKERS: a number from 1 to 64 is needed")
    library()  # faults in the content are told before anything listens
    load_readers()
    host = _address(host)
    _require_free(host, port)
    os.umask(0o077)  # the database and its log are for their owner only
    os.environ["DJANGO_SETTINGS_MODULE"] = "wayline.web.settings"
    try:
        from django.conf import settings

        folder = settings.DATA_FOLDER
    except (OSError, UnicodeError) as error:
        raise WaylineError(
            f"WAYLINE_DATA: the data folder cannot be used ({getattr(error, 'strerror', None) or 'its secret key is damaged'})"
        ) from None
    import django
    from django.core.management import call_command
    from django.utils import timezone

    django.setup()
    from django.db import DatabaseError, connections

    from wayline.web.vault import forget_unused

    try:
        with (folder / "starting.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # of two first starts one makes the tables, the other waits
            call_command("migrate", interactive=False, verbosity=0)
            forget_unused(timezone.localdate())
    except (DatabaseError, OSError) as error:
        raise WaylineError(f"WAYLINE_DATA: the database in {folder} cannot be used ({type(error).__name__})") from None

    from granian import Granian
    from granian.constants import Interfaces

    connections.close_all()
    shown = f"[{host}]" if ":" in host else host
    print(f"Wayline is at http://{shown}:{port}", flush=True)
    print(f"Its data is in {folder}. Stop it with Ctrl+C.", flush=True)
    Granian(
        "wayline.web.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=int(workers),
        blocking_threads=4,
        log_enabled=True,
        log_level="error",  # type: ignore[arg-type]
        log_access=False,
    ).serve()
    return 0


def _address(host: str) -> str:
    """The IP address of a host's name; the server listens on addresses only."""
    try:
        return str(socket.getaddrinfo(host or "", None, type=socket.SOCK_STREAM)[0][4][0]) if host else _no_host(host)
    except OSError:
        return _no_host(host)


def _no_host(host: str) -> str:
    raise WaylineError(f"--host: '{host}' is not an address of this machine, such as 127.0.0.1")


def _require_free(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise WaylineError(f"port {port} on {host} cannot be used ({error.strerror}); choose another with --port") from None
