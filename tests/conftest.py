"""Shared set-up: a data folder of its own for every run, no network but localhost, and the browser where there is one."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

# Before Django reads its settings: tests never touch anybody's real data folder.
os.environ["WAYLINE_DATA"] = tempfile.mkdtemp(prefix="wayline-tests-")
for name in ("WAYLINE_HTTPS", "WAYLINE_HOSTS", "WAYLINE_LINE_NUMBER", "WAYLINE_LINE_HOURS"):
    os.environ.pop(name, None)
# Playwright's synchronous driver keeps an event loop in the thread; Django's guard against that is for servers, not for tests.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

import pytest  # noqa: E402
from pytest_socket import socket_allow_hosts  # noqa: E402

from wayline.library import Library, library  # noqa: E402

PEOPLE = Path(__file__).parent / "people"


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Only this machine may be reached from a test."""
    socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)


@pytest.fixture(scope="session")
def content() -> Library:
    """The content that ships."""
    return library()
