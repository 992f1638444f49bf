"""Django settings, from the environment alone.

WAYLINE_DATA            the data folder (database and secret key); made at first start
WAYLINE_CONTENT         another content folder than the one that ships
WAYLINE_HOSTS           comma-separated host names that may be served; localhost is always there
WAYLINE_HTTPS           1 behind a proxy that speaks HTTPS: cookies become secure, HSTS is sent
WAYLINE_LINE_NUMBER     the survivor line's phone number, shown on every page
WAYLINE_LINE_HOURS      its hours in words, with the time zone
WAYLINE_CONTACT         where to tell that a page is wrong: an e-mail address or words
WAYLINE_WORKERS         server processes (1); read by `wayline serve`
"""

from __future__ import annotations

import os
from pathlib import Path

from csp.constants import NONE, SELF

from wayline.folders import data_folder
from wayline.web.secrets import secret_key

DATA_FOLDER: Path = data_folder()
SECRET_KEY = secret_key(DATA_FOLDER)
DEBUG = False
HTTPS = os.environ.get("WAYLINE_HTTPS") == "1"
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", *filter(None, map(str.strip, os.environ.get("WAYLINE_HOSTS", "").split(",")))]
LINE_NUMBER = os.environ.get("WAYLINE_LINE_NUMBER", "")
LINE_HOURS = os.environ.get("WAYLINE_LINE_HOURS", "")
CONTACT = os.environ.get("WAYLINE_CONTACT", "")

INSTALLED_APPS = ["django.contrib.staticfiles", "wayline.web"]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "wayline.web.middleware.CompressedFiles",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.common.CommonMiddleware",
    "wayline.web.middleware.WholeForms",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "wayline.web.middleware.PrivatePages",
]
ROOT_URLCONF = "wayline.web.urls"
WSGI_APPLICATION = "wayline.web.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request", "wayline.web.context.every_page"]},
    }
]

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DATA_FOLDER / "wayline.sqlite3",
        # Readers never wait for a writer (WAL), writers queue instead of failing (IMMEDIATE), and erased rows are overwritten.
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; PRAGMA cache_size=-20000;",
        },
        "CONN_MAX_AGE": None,
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False

STATIC_URL = "static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 3600

# Nothing is fetched from anybody else, no script or style stands in a page, no other site may frame one.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "worker-src": [SELF],
        "connect-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
# Other sites learn nothing. "no-referrer" would make browsers send "Origin: null" with our own forms, which the forgery check must refuse.
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = HTTPS
CSRF_FAILURE_VIEW = "wayline.web.views.csrf_failure"
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_SSL_REDIRECT = False  # the proxy in front redirects
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
DATA_UPLOAD_MAX_MEMORY_SIZE = 200_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
DATA_UPLOAD_MAX_NUMBER_FILES = 1  # and only where a view is marked with wayline.web.middleware.takes_a_file
# A file is read in memory and never laid on the disk, however large its view lets it be.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = 64_000_000

VAULT_COOKIE = "__Host-wayline_key" if HTTPS else "wayline_key"
VAULT_SHARED_COOKIE = "__Host-wayline_shared_key" if HTTPS else "wayline_shared_key"
VAULT_DAYS_UNUSED = 90

# A log line says which code failed and where, never what was typed: wayline.web.logs keeps messages and arguments out.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"quiet": {"()": "wayline.web.logs.QuietFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "quiet"}, "nowhere": {"class": "logging.NullHandler"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "django": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        # It quotes what the visitor's browser sent as Host.
        "django.security.DisallowedHost": {"handlers": ["nowhere"], "propagate": False},
    },
}
