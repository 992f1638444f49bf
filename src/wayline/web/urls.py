"""Addresses. No address ever holds an answer, only the name of a page."""

from __future__ import annotations

from django.urls import path

from wayline.web.views import about, choices, situation

urlpatterns = [
    path("", about.home, name="home"),
    path("help/", about.get_help_now, name="help"),
    path("page/<slug:page_id>/", about.page, name="page"),
    path("ready/", about.ready, name="ready"),
    path("situation/", situation.overview, name="situation"),
    path("situation/erase/", situation.erase, name="erase"),
    path("situation/step/<slug:step_id>/", situation.step, name="step"),
    path("situation/more/", situation.more, name="more"),
    path("situation/more/<slug:group_id>/", situation.group, name="group"),
    path("options/", choices.options, name="options"),
    path("options/<slug:option_id>/", choices.option, name="option"),
]

handler404 = "wayline.web.views.about.not_found"
handler500 = "wayline.web.views.about.broken"
