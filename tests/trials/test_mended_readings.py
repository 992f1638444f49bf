"""Sentences that reviewers once found read wrongly, each with people on both sides of what it asks."""

from __future__ import annotations

import pytest

from tests.helpers import days_ago, situation_of
from wayline.library import library
from wayline.trials.matching import check_item
from wayline.trials.splitting import HEADING

INCLUSION, EXCLUSION = "Inclusion", "Exclusion"
ON_NIVOLUMAB = {"therapy.history": [{"drugs": ["nivolumab"], "intent": "palliative", "start": days_ago(200)}], "therapy.now": True}
NEVER_TREATED: dict[str, object] = {"therapy.history": []}
GREW_ON_CISPLATIN = {"therapy.history": [{"drugs": ["cisplatin"], "end": days_ago(60), "ended_because": "progression"}]}


@pytest.mark.parametrize(
    ("kind", "text", "facts", "truth"),
    [
        (INCLUSION, "Esophageal adenocarcinoma or squamous cell carcinoma", {"diagnosis.histology": "squamous"}, "met"),
        (INCLUSION, "Esophageal adenocarcinoma or squamous cell carcinoma", {"diagnosis.histology": "neuroendocrine"}, "not_met"),
        (INCLUSION, "Esophageal adenocarcinoma/squamous cell carcinoma", {"diagnosis.histology": "squamous"}, "met"),
        (INCLUSION, "Esophageal adenocarcinoma/squamous cell carcinoma", {"diagnosis.histology": "neuroendocrine"}, "not_met"),
        (
            INCLUSION,
            "Esophageal or gastroesophageal junction adenocarcinoma or squamous cell carcinoma",
            {"diagnosis.histology": "squamous"},
            "met",
        ),
        (
            INCLUSION,
            "Esophageal or gastroesophageal junction adenocarcinoma or squamous cell carcinoma",
            {"diagnosis.histology": "neuroendocrine"},
            "not_met",
        ),
        (INCLUSION, "Esophageal squamous cell carcinoma or adenocarcinoma", {"diagnosis.histology": "adenocarcinoma"}, "met"),
        (INCLUSION, "Colorectal cancer with liver metastases", {"metastases.liver": True}, "not_met"),
        (INCLUSION, "Liver metastases from colorectal cancer", {"metastases.liver": True}, "not_met"),
        (
            INCLUSION,
            "Squamous cell carcinoma of the head and neck, lung, or esophagus",
            {"diagnosis.histology": "adenocarcinoma"},
            "not_met",
        ),
        (INCLUSION, "Squamous cell carcinoma of the head and neck, lung, or esophagus", {"diagnosis.histology": "squamous"}, "met"),
        (INCLUSION, "Esophageal cancer (squamous cell carcinoma or adenocarcinoma)", {"diagnosis.histology": "neuroendocrine"}, "not_met"),
        (INCLUSION, "Esophageal cancer (squamous cell carcinoma or adenocarcinoma)", {"diagnosis.histology": "squamous"}, "met"),
        (
            INCLUSION,
            "Histologically proven esophageal carcinoma (adenocarcinoma or squamous cell)",
            {"diagnosis.histology": "neuroendocrine"},
            "not_met",
        ),
        (
            INCLUSION,
            "Histologically proven esophageal carcinoma (adenocarcinoma or squamous cell)",
            {"diagnosis.histology": "squamous"},
            "met",
        ),
        (INCLUSION, "esophageal cancer, adenocarcinoma or squamous cell carcinoma", {"diagnosis.histology": "neuroendocrine"}, "not_met"),
        (INCLUSION, "esophageal cancer, adenocarcinoma or squamous cell carcinoma", {"diagnosis.histology": "squamous"}, "met"),
        (INCLUSION, "ECOG 0/1", {"function.ecog": 1}, "met"),
        (INCLUSION, "ECOG 0/1", {"function.ecog": 2}, "not_met"),
        (INCLUSION, "ECOG PS of 0/1", {"function.ecog": 1}, "met"),
        (INCLUSION, "ECOG PS of 0/1", {"function.ecog": 2}, "not_met"),
        (
            INCLUSION,
            "AST and ALT ≤ 2.5 x ULN; for patients with liver metastases, ≤ 5 x ULN",
            {"labs.ast": {"times_uln": 4}, "labs.alt": {"times_uln": 4}, "metastases.liver": True},
            "met",
        ),
        (
            INCLUSION,
            "AST and ALT ≤ 2.5 x ULN; for patients with liver metastases, ≤ 5 x ULN",
            {"labs.ast": {"times_uln": 4}, "labs.alt": {"times_uln": 4}, "metastases.liver": False},
            "not_met",
        ),
        (
            INCLUSION,
            "AST and ALT ≤ 2.5 x ULN; for patients with liver metastases, ≤ 5 x ULN",
            {"labs.ast": {"times_uln": 2}, "labs.alt": {"times_uln": 2}, "metastases.liver": False},
            "met",
        ),
        (
            INCLUSION,
            "AST and ALT ≤ 2.5 x ULN; for patients with liver metastases, ≤ 5 x ULN",
            {"labs.ast": {"times_uln": 6}, "labs.alt": {"times_uln": 6}, "metastases.liver": True},
            "not_met",
        ),
        (
            INCLUSION,
            "AST and ALT ≤ 2.5 x ULN; for patients with liver metastases, ≤ 5 x ULN",
            {"labs.ast": {"times_uln": 4}, "labs.alt": {"times_uln": 4}},
            "unknown",
        ),
        (
            INCLUSION,
            "AST and ALT ≤ 2.5 x ULN; for patients with liver metastases, ≤ 5 x ULN",
            {"labs.ast": {"times_uln": 2}, "labs.alt": {"times_uln": 2}},
            "met",
        ),
        (INCLUSION, "AST and ALT ≤ 2.5 x ULN; for patients with liver metastases, ≤ 5 x ULN", {"metastases.liver": False}, "unknown"),
        (
            INCLUSION,
            "ALT and AST ≤2.5×ULN; if liver metastases, ≤5×ULN",
            {"labs.ast": {"times_uln": 4}, "labs.alt": {"times_uln": 4}, "metastases.liver": True},
            "met",
        ),
        (
            INCLUSION,
            "ALT and AST ≤2.5×ULN; if liver metastases, ≤5×ULN",
            {"labs.ast": {"times_uln": 4}, "labs.alt": {"times_uln": 4}, "metastases.liver": False},
            "not_met",
        ),
        (
            INCLUSION,
            "ALT and AST ≤2.5×ULN; if liver metastases, ≤5×ULN",
            {"labs.ast": {"times_uln": 2}, "labs.alt": {"times_uln": 2}, "metastases.liver": False},
            "met",
        ),
        (
            INCLUSION,
            "ALT and AST ≤2.5×ULN; if liver metastases, ≤5×ULN",
            {"labs.ast": {"times_uln": 6}, "labs.alt": {"times_uln": 6}, "metastases.liver": True},
            "not_met",
        ),
        (
            INCLUSION,
            "ALT and AST ≤2.5×ULN; if liver metastases, ≤5×ULN",
            {"labs.ast": {"times_uln": 4}, "labs.alt": {"times_uln": 4}},
            "unknown",
        ),
        (
            INCLUSION,
            "ALT and AST ≤2.5×ULN; if liver metastases, ≤5×ULN",
            {"labs.ast": {"times_uln": 2}, "labs.alt": {"times_uln": 2}},
            "met",
        ),
        (INCLUSION, "ALT and AST ≤2.5×ULN; if liver metastases, ≤5×ULN", {"metastases.liver": False}, "unknown"),
        (
            INCLUSION,
            "AST and ALT ≤ 2.5 × ULN; AST and ALT ≤ 5 × ULN if liver metastases",
            {"labs.ast": {"times_uln": 4}, "labs.alt": {"times_uln": 4}, "metastases.liver": True},
            "unknown",
        ),  # open: too careful, and never wrong
        (
            INCLUSION,
            "AST and ALT ≤ 2.5 × ULN; AST and ALT ≤ 5 × ULN if liver metastases",
            {"labs.ast": {"times_uln": 4}, "labs.alt": {"times_uln": 4}, "metastases.liver": False},
            "unknown",
        ),  # open: too careful, and never wrong
        (
            INCLUSION,
            "AST and ALT ≤ 2.5 × ULN; AST and ALT ≤ 5 × ULN if liver metastases",
            {"labs.ast": {"times_uln": 2}, "labs.alt": {"times_uln": 2}, "metastases.liver": False},
            "met",
        ),
        (
            INCLUSION,
            "AST and ALT ≤ 2.5 × ULN; AST and ALT ≤ 5 × ULN if liver metastases",
            {"labs.ast": {"times_uln": 6}, "labs.alt": {"times_uln": 6}, "metastases.liver": True},
            "unknown",
        ),  # open: too careful, and never wrong
        (
            INCLUSION,
            "AST and ALT ≤ 2.5 × ULN; AST and ALT ≤ 5 × ULN if liver metastases",
            {"labs.ast": {"times_uln": 4}, "labs.alt": {"times_uln": 4}},
            "unknown",
        ),
        (
            INCLUSION,
            "AST and ALT ≤ 2.5 × ULN; AST and ALT ≤ 5 × ULN if liver metastases",
            {"labs.ast": {"times_uln": 2}, "labs.alt": {"times_uln": 2}},
            "met",
        ),
        (INCLUSION, "AST and ALT ≤ 2.5 × ULN; AST and ALT ≤ 5 × ULN if liver metastases", {"metastases.liver": False}, "unknown"),
        (
            INCLUSION,
            "AST and ALT ≤ 2.5 x ULN. For patients with liver metastases ≤ 5 x ULN",
            {"labs.ast": {"times_uln": 4}, "labs.alt": {"times_uln": 4}, "metastases.liver": True},
            "unknown",
        ),  # open: too careful, and never wrong
        (
            INCLUSION,
            "AST and ALT ≤ 2.5 x ULN. For patients with liver metastases ≤ 5 x ULN",
            {"labs.ast": {"times_uln": 4}, "labs.alt": {"times_uln": 4}, "metastases.liver": False},
            "unknown",
        ),  # open: too careful, and never wrong
        (
            INCLUSION,
            "AST and ALT ≤ 2.5 x ULN. For patients with liver metastases ≤ 5 x ULN",
            {"labs.ast": {"times_uln": 2}, "labs.alt": {"times_uln": 2}, "metastases.liver": False},
            "met",
        ),
        (
            INCLUSION,
            "AST and ALT ≤ 2.5 x ULN. For patients with liver metastases ≤ 5 x ULN",
            {"labs.ast": {"times_uln": 6}, "labs.alt": {"times_uln": 6}, "metastases.liver": True},
            "unknown",
        ),  # open: too careful, and never wrong
        (
            INCLUSION,
            "AST and ALT ≤ 2.5 x ULN. For patients with liver metastases ≤ 5 x ULN",
            {"labs.ast": {"times_uln": 4}, "labs.alt": {"times_uln": 4}},
            "unknown",
        ),
        (
            INCLUSION,
            "AST and ALT ≤ 2.5 x ULN. For patients with liver metastases ≤ 5 x ULN",
            {"labs.ast": {"times_uln": 2}, "labs.alt": {"times_uln": 2}},
            "met",
        ),
        (INCLUSION, "AST and ALT ≤ 2.5 x ULN. For patients with liver metastases ≤ 5 x ULN", {"metastases.liver": False}, "unknown"),
        (
            INCLUSION,
            "ALT and AST ≤ 5 x ULN in patients with liver metastases; ≤ 2.5 x ULN in patients without",
            {"labs.ast": {"times_uln": 4}, "labs.alt": {"times_uln": 4}, "metastases.liver": True},
            "unknown",
        ),  # open: too careful, and never wrong
        (
            INCLUSION,
            "ALT and AST ≤ 5 x ULN in patients with liver metastases; ≤ 2.5 x ULN in patients without",
            {"labs.ast": {"times_uln": 4}, "labs.alt": {"times_uln": 4}, "metastases.liver": False},
            "unknown",
        ),  # open: too careful, and never wrong
        (
            INCLUSION,
            "ALT and AST ≤ 5 x ULN in patients with liver metastases; ≤ 2.5 x ULN in patients without",
            {"labs.ast": {"times_uln": 2}, "labs.alt": {"times_uln": 2}, "metastases.liver": False},
            "unknown",
        ),  # open: too careful, and never wrong
        (
            INCLUSION,
            "ALT and AST ≤ 5 x ULN in patients with liver metastases; ≤ 2.5 x ULN in patients without",
            {"labs.ast": {"times_uln": 6}, "labs.alt": {"times_uln": 6}, "metastases.liver": True},
            "unknown",
        ),  # open: too careful, and never wrong
        (
            INCLUSION,
            "ALT and AST ≤ 5 x ULN in patients with liver metastases; ≤ 2.5 x ULN in patients without",
            {"labs.ast": {"times_uln": 4}, "labs.alt": {"times_uln": 4}},
            "unknown",
        ),
        (
            INCLUSION,
            "ALT and AST ≤ 5 x ULN in patients with liver metastases; ≤ 2.5 x ULN in patients without",
            {"labs.ast": {"times_uln": 2}, "labs.alt": {"times_uln": 2}},
            "unknown",
        ),  # open: too careful, and never wrong
        (
            INCLUSION,
            "ALT and AST ≤ 5 x ULN in patients with liver metastases; ≤ 2.5 x ULN in patients without",
            {"metastases.liver": False},
            "unknown",
        ),
        (
            INCLUSION,
            "AST and ALT ≤ 5 x ULN if liver metastases are present, otherwise ≤ 2.5 x ULN",
            {"labs.ast": {"times_uln": 4}, "labs.alt": {"times_uln": 4}, "metastases.liver": True},
            "met",
        ),
        (
            INCLUSION,
            "AST and ALT ≤ 5 x ULN if liver metastases are present, otherwise ≤ 2.5 x ULN",
            {"labs.ast": {"times_uln": 4}, "labs.alt": {"times_uln": 4}, "metastases.liver": False},
            "not_met",
        ),
        (
            INCLUSION,
            "AST and ALT ≤ 5 x ULN if liver metastases are present, otherwise ≤ 2.5 x ULN",
            {"labs.ast": {"times_uln": 2}, "labs.alt": {"times_uln": 2}, "metastases.liver": False},
            "met",
        ),
        (
            INCLUSION,
            "AST and ALT ≤ 5 x ULN if liver metastases are present, otherwise ≤ 2.5 x ULN",
            {"labs.ast": {"times_uln": 6}, "labs.alt": {"times_uln": 6}, "metastases.liver": True},
            "not_met",
        ),
        (
            INCLUSION,
            "AST and ALT ≤ 5 x ULN if liver metastases are present, otherwise ≤ 2.5 x ULN",
            {"labs.ast": {"times_uln": 4}, "labs.alt": {"times_uln": 4}},
            "unknown",
        ),
        (
            INCLUSION,
            "AST and ALT ≤ 5 x ULN if liver metastases are present, otherwise ≤ 2.5 x ULN",
            {"labs.ast": {"times_uln": 2}, "labs.alt": {"times_uln": 2}},
            "met",
        ),
        (INCLUSION, "AST and ALT ≤ 5 x ULN if liver metastases are present, otherwise ≤ 2.5 x ULN", {"metastases.liver": False}, "unknown"),
        (
            INCLUSION,
            "AST and ALT ≤ 5 × ULN for patients with liver metastases and ≤ 2.5 × ULN for all others",
            {"labs.ast": {"times_uln": 4}, "labs.alt": {"times_uln": 4}, "metastases.liver": True},
            "unknown",
        ),  # open: too careful, and never wrong
        (
            INCLUSION,
            "AST and ALT ≤ 5 × ULN for patients with liver metastases and ≤ 2.5 × ULN for all others",
            {"labs.ast": {"times_uln": 4}, "labs.alt": {"times_uln": 4}, "metastases.liver": False},
            "not_met",
        ),
        (
            INCLUSION,
            "AST and ALT ≤ 5 × ULN for patients with liver metastases and ≤ 2.5 × ULN for all others",
            {"labs.ast": {"times_uln": 2}, "labs.alt": {"times_uln": 2}, "metastases.liver": False},
            "unknown",
        ),  # open: too careful, and never wrong
        (
            INCLUSION,
            "AST and ALT ≤ 5 × ULN for patients with liver metastases and ≤ 2.5 × ULN for all others",
            {"labs.ast": {"times_uln": 6}, "labs.alt": {"times_uln": 6}, "metastases.liver": True},
            "not_met",
        ),
        (
            INCLUSION,
            "AST and ALT ≤ 5 × ULN for patients with liver metastases and ≤ 2.5 × ULN for all others",
            {"labs.ast": {"times_uln": 4}, "labs.alt": {"times_uln": 4}},
            "unknown",
        ),
        (
            INCLUSION,
            "AST and ALT ≤ 5 × ULN for patients with liver metastases and ≤ 2.5 × ULN for all others",
            {"labs.ast": {"times_uln": 2}, "labs.alt": {"times_uln": 2}},
            "unknown",
        ),  # open: too careful, and never wrong
        (
            INCLUSION,
            "AST and ALT ≤ 5 × ULN for patients with liver metastases and ≤ 2.5 × ULN for all others",
            {"metastases.liver": False},
            "unknown",
        ),
        (
            INCLUSION,
            "For patients with liver metastases, AST and ALT ≤ 5 x ULN; for patients without liver metastases ≤ 2.5 x ULN",
            {"labs.ast": {"times_uln": 4}, "labs.alt": {"times_uln": 4}, "metastases.liver": True},
            "unknown",
        ),  # open: too careful, and never wrong
        (
            INCLUSION,
            "For patients with liver metastases, AST and ALT ≤ 5 x ULN; for patients without liver metastases ≤ 2.5 x ULN",
            {"labs.ast": {"times_uln": 4}, "labs.alt": {"times_uln": 4}, "metastases.liver": False},
            "unknown",
        ),  # open: too careful, and never wrong
        (
            INCLUSION,
            "For patients with liver metastases, AST and ALT ≤ 5 x ULN; for patients without liver metastases ≤ 2.5 x ULN",
            {"labs.ast": {"times_uln": 2}, "labs.alt": {"times_uln": 2}, "metastases.liver": False},
            "unknown",
        ),  # open: too careful, and never wrong
        (
            INCLUSION,
            "For patients with liver metastases, AST and ALT ≤ 5 x ULN; for patients without liver metastases ≤ 2.5 x ULN",
            {"labs.ast": {"times_uln": 6}, "labs.alt": {"times_uln": 6}, "metastases.liver": True},
            "unknown",
        ),  # open: too careful, and never wrong
        (
            INCLUSION,
            "For patients with liver metastases, AST and ALT ≤ 5 x ULN; for patients without liver metastases ≤ 2.5 x ULN",
            {"labs.ast": {"times_uln": 4}, "labs.alt": {"times_uln": 4}},
            "unknown",
        ),
        (
            INCLUSION,
            "For patients with liver metastases, AST and ALT ≤ 5 x ULN; for patients without liver metastases ≤ 2.5 x ULN",
            {"labs.ast": {"times_uln": 2}, "labs.alt": {"times_uln": 2}},
            "unknown",
        ),  # open: too careful, and never wrong
        (
            INCLUSION,
            "For patients with liver metastases, AST and ALT ≤ 5 x ULN; for patients without liver metastases ≤ 2.5 x ULN",
            {"metastases.liver": False},
            "unknown",
        ),
        (
            INCLUSION,
            "AST and ALT ≤ 2.5 x ULN (≤ 5 x ULN if liver metastases)",
            {"labs.ast": {"times_uln": 4}, "labs.alt": {"times_uln": 4}, "metastases.liver": True},
            "met",
        ),
        (
            INCLUSION,
            "AST and ALT ≤ 2.5 x ULN (≤ 5 x ULN if liver metastases)",
            {"labs.ast": {"times_uln": 4}, "labs.alt": {"times_uln": 4}, "metastases.liver": False},
            "not_met",
        ),
        (
            INCLUSION,
            "AST and ALT ≤ 2.5 x ULN (≤ 5 x ULN if liver metastases)",
            {"labs.ast": {"times_uln": 2}, "labs.alt": {"times_uln": 2}, "metastases.liver": False},
            "met",
        ),
        (
            INCLUSION,
            "AST and ALT ≤ 2.5 x ULN (≤ 5 x ULN if liver metastases)",
            {"labs.ast": {"times_uln": 6}, "labs.alt": {"times_uln": 6}, "metastases.liver": True},
            "not_met",
        ),
        (
            INCLUSION,
            "AST and ALT ≤ 2.5 x ULN (≤ 5 x ULN if liver metastases)",
            {"labs.ast": {"times_uln": 4}, "labs.alt": {"times_uln": 4}},
            "unknown",
        ),
        (
            INCLUSION,
            "AST and ALT ≤ 2.5 x ULN (≤ 5 x ULN if liver metastases)",
            {"labs.ast": {"times_uln": 2}, "labs.alt": {"times_uln": 2}},
            "met",
        ),
        (INCLUSION, "AST and ALT ≤ 2.5 x ULN (≤ 5 x ULN if liver metastases)", {"metastases.liver": False}, "unknown"),
        (
            INCLUSION,
            "AST/ALT ≤2.5×ULN, or ≤5×ULN for subjects with liver metastases",
            {"labs.ast": {"times_uln": 4}, "labs.alt": {"times_uln": 4}, "metastases.liver": True},
            "met",
        ),
        (
            INCLUSION,
            "AST/ALT ≤2.5×ULN, or ≤5×ULN for subjects with liver metastases",
            {"labs.ast": {"times_uln": 4}, "labs.alt": {"times_uln": 4}, "metastases.liver": False},
            "not_met",
        ),
        (
            INCLUSION,
            "AST/ALT ≤2.5×ULN, or ≤5×ULN for subjects with liver metastases",
            {"labs.ast": {"times_uln": 2}, "labs.alt": {"times_uln": 2}, "metastases.liver": False},
            "met",
        ),
        (
            INCLUSION,
            "AST/ALT ≤2.5×ULN, or ≤5×ULN for subjects with liver metastases",
            {"labs.ast": {"times_uln": 6}, "labs.alt": {"times_uln": 6}, "metastases.liver": True},
            "not_met",
        ),
        (
            INCLUSION,
            "AST/ALT ≤2.5×ULN, or ≤5×ULN for subjects with liver metastases",
            {"labs.ast": {"times_uln": 4}, "labs.alt": {"times_uln": 4}},
            "unknown",
        ),
        (
            INCLUSION,
            "AST/ALT ≤2.5×ULN, or ≤5×ULN for subjects with liver metastases",
            {"labs.ast": {"times_uln": 2}, "labs.alt": {"times_uln": 2}},
            "met",
        ),
        (INCLUSION, "AST/ALT ≤2.5×ULN, or ≤5×ULN for subjects with liver metastases", {"metastases.liver": False}, "unknown"),
        (
            INCLUSION,
            "AST and ALT ≤ 2.5 x ULN unless liver metastases are present, in which case it must be ≤ 5 x ULN",
            {"labs.ast": {"times_uln": 4}, "labs.alt": {"times_uln": 4}, "metastases.liver": True},
            "met",
        ),
        (
            INCLUSION,
            "AST and ALT ≤ 2.5 x ULN unless liver metastases are present, in which case it must be ≤ 5 x ULN",
            {"labs.ast": {"times_uln": 4}, "labs.alt": {"times_uln": 4}, "metastases.liver": False},
            "not_met",
        ),
        (
            INCLUSION,
            "AST and ALT ≤ 2.5 x ULN unless liver metastases are present, in which case it must be ≤ 5 x ULN",
            {"labs.ast": {"times_uln": 2}, "labs.alt": {"times_uln": 2}, "metastases.liver": False},
            "met",
        ),
        (
            INCLUSION,
            "AST and ALT ≤ 2.5 x ULN unless liver metastases are present, in which case it must be ≤ 5 x ULN",
            {"labs.ast": {"times_uln": 6}, "labs.alt": {"times_uln": 6}, "metastases.liver": True},
            "not_met",
        ),
        (
            INCLUSION,
            "AST and ALT ≤ 2.5 x ULN unless liver metastases are present, in which case it must be ≤ 5 x ULN",
            {"labs.ast": {"times_uln": 4}, "labs.alt": {"times_uln": 4}},
            "unknown",
        ),
        (
            INCLUSION,
            "AST and ALT ≤ 2.5 x ULN unless liver metastases are present, in which case it must be ≤ 5 x ULN",
            {"labs.ast": {"times_uln": 2}, "labs.alt": {"times_uln": 2}},
            "met",
        ),
        (
            INCLUSION,
            "AST and ALT ≤ 2.5 x ULN unless liver metastases are present, in which case it must be ≤ 5 x ULN",
            {"metastases.liver": False},
            "unknown",
        ),
        (EXCLUSION, "Congestive heart failure (NYHA class III or IV)", {"condition.heart_failure": True}, "unknown"),
        (EXCLUSION, "Hepatitis B (HBsAg positive) or hepatitis C", {"condition.hepatitis_b": True}, "unknown"),
        (EXCLUSION, "Congestive heart failure > NYHA class II", {"condition.heart_failure": True, "condition.nyha_class": 3}, "not_met"),
        (INCLUSION, "Bilirubin ≤ 1.5 x ULN except in patients with Gilbert's syndrome", {"labs.bilirubin": {"times_uln": 2}}, "unknown"),
        (INCLUSION, "Stage IV disease", {"diagnosis.stage": "4a", "metastases.liver": False}, "met"),
        (INCLUSION, "Platelets ≥ 100.000/mm3", {"labs.platelets": 99}, "unknown"),  # open: too careful, and never wrong
        (
            EXCLUSION,
            "QTc ≥ 470 msec (male) or ≥ 480 msec (female)",
            {"condition.qtc_ms": 475, "person.sex": "female"},
            "unknown",
        ),  # open: too careful, and never wrong
        (
            INCLUSION,
            "Creatinine clearance ≥ 60 mL/min for patients with creatinine > 1.5 x ULN",
            {"labs.creatinine": {"times_uln": 1.0}, "labs.creatinine_clearance": 80},
            "unknown",
        ),  # open: too careful, and never wrong
        (INCLUSION, "Recurrent or metastatic disease", {"diagnosis.stage": 2, "metastases.liver": False}, "unknown"),
        (EXCLUSION, "Active CNS metastases", {"metastases.brain": True}, "unknown"),
        (EXCLUSION, "primary CNS tumor or tumor metastatic to the CNS", {"metastases.brain": True}, "not_met"),
        (INCLUSION, "No prior TIA or cerebrovascular accident", {"condition.stroke_date": "2020-01-01"}, "not_met"),
        (EXCLUSION, "Known HIV infection", {"condition.hiv": False}, "met"),
        (EXCLUSION, "Known HIV infection", {"condition.hiv": True}, "not_met"),
        (INCLUSION, "No concurrent immunotherapy", ON_NIVOLUMAB, "not_met"),
        (INCLUSION, "No concurrent immunotherapy", {**ON_NIVOLUMAB, "therapy.now": False}, "met"),
        (INCLUSION, "No concurrent immunotherapy", {"therapy.history": ON_NIVOLUMAB["therapy.history"]}, "unknown"),
        (INCLUSION, "No other concurrent chemotherapy", ON_NIVOLUMAB, "met"),
        (INCLUSION, "At least 4 weeks since prior immunotherapy", ON_NIVOLUMAB, "not_met"),
        (INCLUSION, "Refractory to standard treatment", {"therapy.history": []}, "not_met"),
        (INCLUSION, "Refractory to standard treatment", ON_NIVOLUMAB, "unknown"),
        (INCLUSION, "Disease progression within 6 months after the last treatment", {"therapy.history": []}, "not_met"),
        (INCLUSION, "Disease progression within 4 weeks before treatment", {"therapy.history": []}, "unknown"),
        (INCLUSION, "Relapsed or refractory to at least one prior systemic therapy", {"therapy.history": []}, "not_met"),
        (INCLUSION, "Relapsed or refractory to at least one prior systemic therapy", {}, "unknown"),
        (INCLUSION, "Tumor progression during or after last chemotherapy", {"therapy.history": []}, "not_met"),
        (INCLUSION, "Tumor progression during or after last chemotherapy", {}, "unknown"),
        (INCLUSION, "Disease progression after first-line platinum-based chemotherapy", {"therapy.history": []}, "not_met"),
        (INCLUSION, "Disease progression after first-line platinum-based chemotherapy", {}, "unknown"),
        (INCLUSION, "Progressive disease following at least one systemic treatment", {"therapy.history": []}, "not_met"),
        (INCLUSION, "Progressive disease following at least one systemic treatment", {}, "unknown"),
        (INCLUSION, "Progression of disease on prior trastuzumab-containing therapy", {"therapy.history": []}, "not_met"),
        (INCLUSION, "Progression of disease on prior trastuzumab-containing therapy", {}, "unknown"),
        (INCLUSION, "Cancer that has progressed or recurred following prior treatment", {"therapy.history": []}, "not_met"),
        (INCLUSION, "Cancer that has progressed or recurred following prior treatment", {}, "unknown"),
        (
            INCLUSION,
            "Recurrent or progressive disease while on or within 6 months of last therapy regimen",
            {"therapy.history": []},
            "not_met",
        ),
        (INCLUSION, "Recurrent or progressive disease while on or within 6 months of last therapy regimen", {}, "unknown"),
        (INCLUSION, "Progressive disease after at most one systemic treatment", {"therapy.history": []}, "unknown"),
        (INCLUSION, "Disease progression after platinum-based chemotherapy or unable to receive it", {"therapy.history": []}, "unknown"),
        (INCLUSION, "Tumor progression during or after last chemotherapy", GREW_ON_CISPLATIN, "met"),
        (EXCLUSION, "Ascites refractory to standard therapy", {**NEVER_TREATED, "liver.ascites": "moderate"}, "unknown"),
        (EXCLUSION, "Diarrhea refractory to standard therapy", {**NEVER_TREATED, "symptom.diarrhea": "severe"}, "unknown"),
        (EXCLUSION, "Heart failure, refractory to standard treatment", {**NEVER_TREATED, "condition.heart_failure": True}, "unknown"),
        (EXCLUSION, "Hepatitis B refractory to prior therapy", {**NEVER_TREATED, "condition.hepatitis_b": True}, "unknown"),
        (EXCLUSION, "Hepatitis B refractory to prior therapy", {**NEVER_TREATED, "condition.hepatitis_b": False}, "unknown"),  # too careful
        (EXCLUSION, "Infection that failed prior therapy", {**NEVER_TREATED, "condition.active_infection": True}, "unknown"),
        (EXCLUSION, "Failed standard treatment for hypertension", NEVER_TREATED, "unknown"),
        (EXCLUSION, "Refractory to standard therapy for an infection", {**NEVER_TREATED, "condition.active_infection": True}, "unknown"),
        (INCLUSION, "Failed standard treatment or no standard treatment exists", {"therapy.history": []}, "unknown"),
    ],
)
def test_a_person_gets_the_answer_that_the_sentence_means(kind: str, text: str, facts: dict[str, object], truth: str) -> None:
    """Worked out by hand from the sentence. One rule that is not met is enough; all must be met."""
    criteria = library().criteria_reader.read_text(f"{kind} Criteria:\n\n* {text}")
    truths = [check_item(item, situation_of(facts)).truth for item in criteria if item.kind != HEADING]
    assert truths
    answer = "not_met" if "not_met" in truths else "met" if set(truths) == {"met"} else "unknown"
    assert answer == truth
