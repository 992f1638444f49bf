"""Addresses. No address ever holds an answer, only the name of a page."""

from __future__ import annotations

from django.urls import path

from wayline.web.views import about, choices, diary, guide, keys, liver, liver_text, liver_tumors, paste, records, sheet, situation, trials, visit

urlpatterns = [
    path("", about.home, name="home"),
    path("help/", about.get_help_now, name="help"),
    path("guide/", guide.guide, name="guide"),
    path("page/<slug:page_id>/", guide.page, name="page"),
    path("words/", guide.words, name="words"),
    path("search/", guide.search, name="search"),
    path("compare/", guide.compare, name="compare"),
    path("compare/<slug:kind>/", guide.compare_kind, name="compare-kind"),
    path("liver-treatments/", guide.liver_matrix, name="liver-matrix"),
    path("how-long/", guide.how_long, name="how-long"),
    path("situation/", situation.overview, name="situation"),
    path("situation/erase/", situation.erase, name="erase"),
    path("situation/step/<slug:step_id>/", situation.step, name="step"),
    path("situation/more/", situation.more, name="more"),
    path("situation/more/<slug:group_id>/", situation.group, name="group"),
    path("options/", choices.options, name="options"),
    path("options/<slug:option_id>/", choices.option, name="option"),
    path("liver/", liver.overview, name="liver"),
    path("liver/tumors/", liver_tumors.tumors, name="liver-tumors"),
    path("liver/list/", liver_tumors.tumor_list, name="liver-list"),
    path("liver/report/", liver_text.report_text, name="liver-text"),
    path("paste/", paste.paste, name="paste"),
    path("liver/scans/", liver_tumors.scans, name="liver-scans"),
    path("liver/blood-tests/", liver.blood_tests, name="liver-blood-tests"),
    path("liver/blood-tests/add/", liver.add_blood_tests, name="liver-add-tests"),
    path("liver/start-anew/", liver.start_anew, name="liver-start-anew"),
    path("liver/stays-open/", liver.stays_open, name="liver-stays-open"),
    path("trials/", trials.trials, name="trials"),
    path("trials/search/", trials.search, name="trials-search"),
    path("trials/set-aside/", trials.set_aside, name="trials-set-aside"),
    path("trials/<slug:nct_id>/", trials.trial, name="trial"),
    path("diary/", diary.diary, name="diary"),
    path("diary/day/", diary.day, name="diary-day"),
    path("diary/print/", diary.diary_print, name="diary-print"),
    path("visit/", visit.hub, name="visit"),
    path("visit/questions/", visit.questions, name="visit-questions"),
    path("visit/questions/add/", visit.add, name="visit-questions-add"),
    path("visit/sheet/", sheet.sheet, name="sheet"),
    path("visit/sheet/file/", sheet.sheet_file, name="sheet-file"),
    path("keys/", keys.overview, name="keys"),
    path("keys/code/", keys.code, name="keys-code"),
    path("keys/share/", keys.share_with, name="keys-share"),
    path("keys/open/", keys.open_with_code, name="keys-open"),
    path("keys/remove/", keys.take_out, name="keys-remove"),
    path("keys/device/", keys.device, name="keys-device"),
    path("keys/save/", keys.save_file, name="keys-save"),
    path("keys/restore/", keys.restore, name="keys-restore"),
    path("keys/shared/", keys.shared, name="keys-shared"),
    path("keys/damaged/", keys.damaged, name="keys-damaged"),
    path("records/", records.records, name="records"),
    path("records/confirm/", records.confirm, name="records-confirm"),
    path("records/report/", records.report, name="records-report"),
    path("ready/", about.ready, name="ready"),
    path("offline-help.js", about.offline_help, name="offline-help"),
]

handler400 = "wayline.web.views.about.bad_request"
handler404 = "wayline.web.views.about.not_found"
handler500 = "wayline.web.views.about.broken"
