"""`wayline serve`: migrate, load the content, then serve with granian until stopped."""

from __future__ import annotations

import os
import socket

from wayline.library import library
from wayline.reading import WaylineError


def serve(*, host: str, port: int) -> int:
    """Prepare the data folder and serve; returns when the server is stopped."""
    if not 0 < port < 65536:
        raise WaylineError(f"--port: {port} is not a port; choose one from 1 to 65535")
    workers = os.environ.get("WAYLINE_WORKERS", "1")
    if not workers.isdecimal() or not 1 <= int(workers) <= 64:
        raise WaylineError("WAYLINE_WORKERS: a number from 1 to 64 is needed")
    library()  # faults in the content are told before anything listens
    _require_free(host, port)
    os.environ["DJANGO_SETTINGS_MODULE"] = "wayline.web.settings"
    try:
        from django.conf import settings

        folder = settings.DATA_FOLDER
    except OSError as error:
        raise WaylineError(f"WAYLINE_DATA: the data folder cannot be used ({error.strerror})") from None
    import django
    from django.core.management import call_command
    from django.utils import timezone

    django.setup()
    call_command("migrate", interactive=False, verbosity=0)

    from wayline.web.vault import forget_unused

    forget_unused(timezone.localdate())

    from django.db import connections
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


def _require_free(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise WaylineError(f"port {port} on {host} cannot be used ({error.strerror}); choose another with --port") from None
