"""The WSGI application that the server runs."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

from wayline.library import library
from wayline.web.readers import load_readers

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wayline.web.settings")
library()  # loaded before the first visitor waits for it
load_readers()
application = get_wsgi_application()

from wayline.web.trials import shelf  # noqa: E402 - needs the settings

shelf().begin_reading()  # in the background: pages are served meanwhile
