"""times_uln(...): labs counted in times the lab's own upper limit of normal."""

from __future__ import annotations

from tests.spec.tables import Tables

AST, AST_ULN, BILIRUBIN, BILIRUBIN_ULN, INR, INR_ULN = (
    "labs.ast", "labs.ast_uln", "labs.bilirubin", "labs.bilirubin_uln", "labs.inr", "labs.inr_uln",
)  # fmt: skip

TABLES: Tables = {
    "the report's own limit": [
        ({AST: 99, AST_ULN: 40}, "times_uln(labs.ast) <= 2.5", "yes"),
        ({AST: 100, AST_ULN: 40}, "times_uln(labs.ast) <= 2.5", "yes"),
        ({AST: 101, AST_ULN: 40}, "times_uln(labs.ast) <= 2.5", "no"),
        ({AST: 100, AST_ULN: 40}, "times_uln(labs.ast) < 2.5", "no"),
        ({AST: 100, AST_ULN: 40}, "times_uln(labs.ast) == 2.5", "yes"),
        ({AST: {"at_most": 100}, AST_ULN: 40}, "times_uln(labs.ast) <= 2.5", "yes"),
        ({AST: {"below": 100}, AST_ULN: 40}, "times_uln(labs.ast) < 2.5", "yes"),
        ({AST: {"at_least": 100}, AST_ULN: 40}, "times_uln(labs.ast) <= 2.5", "unknown"),
        ({AST: 100, AST_ULN: {"at_least": 35, "at_most": 50}}, "times_uln(labs.ast) <= 2.5", "unknown"),
        ({AST: 100, AST_ULN: {"at_least": 40, "at_most": 50}}, "times_uln(labs.ast) <= 2.5", "yes"),
        ({AST: {"value": 2, "unit": "ukat/L"}, AST_ULN: 40}, "times_uln(labs.ast) == 3", "yes"),  # 2 ukat/L are 120 U/L
        ({"labs.ast_uln": 40}, "labs.ast_uln <= 40", "yes"),  # the limit is a fact of its own
    ],
    "something is missing": [
        ({}, "times_uln(labs.ast) <= 2.5", "unknown"),
        ({AST_ULN: 40}, "times_uln(labs.ast) <= 2.5", "unknown"),
        ({AST: 30}, "times_uln(labs.ast) <= 2.5", "unknown"),  # limits of AST differ too much between labs
        ({AST: 30000}, "times_uln(labs.ast) <= 2.5", "unknown"),
        ({}, "times_uln(labs.bilirubin) <= 1.5", "unknown"),
    ],
    "told as a multiple": [
        ({AST: {"times_uln": 2.4}}, "times_uln(labs.ast) <= 2.5", "yes"),
        ({AST: {"times_uln": 2.5}}, "times_uln(labs.ast) <= 2.5", "yes"),
        ({AST: {"times_uln": 2.6}}, "times_uln(labs.ast) <= 2.5", "no"),
        ({AST: {"times_uln": {"below": 2.5}}}, "times_uln(labs.ast) < 2.5", "yes"),
        ({AST: {"times_uln": {"at_most": 2.5}}}, "times_uln(labs.ast) < 2.5", "unknown"),
        ({AST: {"times_uln": {"above": 2.5}}}, "times_uln(labs.ast) <= 2.5", "no"),
        ({AST: {"times_uln": {"at_least": 2, "at_most": 3}}}, "times_uln(labs.ast) <= 2.5", "unknown"),
        ({AST: {"times_uln": 2.5}, AST_ULN: 40}, "times_uln(labs.ast) <= 2.5", "yes"),
        # With the limit the value itself is known; without it, not.
        ({AST: {"times_uln": 2.5}, AST_ULN: 40}, "labs.ast == 100", "yes"),
        ({AST: {"times_uln": 2.5}}, "labs.ast == 100", "unknown"),
        # Bilirubin: the usual limits of 1.0 to 1.3 mg/dL give a range.
        ({BILIRUBIN: {"times_uln": 2}}, "labs.bilirubin >= 2", "yes"),
        ({BILIRUBIN: {"times_uln": 2}}, "labs.bilirubin > 2", "unknown"),
        ({BILIRUBIN: {"times_uln": 2}}, "labs.bilirubin <= 2.6", "yes"),
        ({BILIRUBIN: {"times_uln": 2}}, "labs.bilirubin > 2.6", "no"),
        ({BILIRUBIN: {"times_uln": 2}, BILIRUBIN_ULN: 1.2}, "labs.bilirubin == 2.4", "yes"),
    ],
    "bilirubin without the report's limit: 1.0 to 1.3 must agree": [
        ({BILIRUBIN: 1.5}, "times_uln(labs.bilirubin) <= 1.5", "yes"),
        ({BILIRUBIN: 1.51}, "times_uln(labs.bilirubin) <= 1.5", "unknown"),
        ({BILIRUBIN: 1.95}, "times_uln(labs.bilirubin) <= 1.5", "unknown"),
        ({BILIRUBIN: 1.96}, "times_uln(labs.bilirubin) <= 1.5", "no"),
        ({BILIRUBIN: 1.49}, "times_uln(labs.bilirubin) < 1.5", "yes"),
        ({BILIRUBIN: 1.5}, "times_uln(labs.bilirubin) < 1.5", "unknown"),
        ({BILIRUBIN: 1.95}, "times_uln(labs.bilirubin) >= 1.5", "yes"),
        ({BILIRUBIN: 1.95}, "times_uln(labs.bilirubin) > 1.5", "unknown"),
        ({BILIRUBIN: {"at_most": 1.5}}, "times_uln(labs.bilirubin) <= 1.5", "yes"),
        ({BILIRUBIN: {"above": 1.95}}, "times_uln(labs.bilirubin) <= 1.5", "no"),
        # The report's own limit decides what the usual ones leave open.
        ({BILIRUBIN: 1.8, BILIRUBIN_ULN: 1.2}, "times_uln(labs.bilirubin) <= 1.5", "yes"),
        ({BILIRUBIN: 1.81, BILIRUBIN_ULN: 1.2}, "times_uln(labs.bilirubin) <= 1.5", "no"),
    ],
    "INR without the report's limit: 1.1 to 1.3 must agree": [
        ({INR: 1.65}, "times_uln(labs.inr) <= 1.5", "yes"),
        ({INR: 1.66}, "times_uln(labs.inr) <= 1.5", "unknown"),
        ({INR: 1.95}, "times_uln(labs.inr) <= 1.5", "unknown"),
        ({INR: 1.96}, "times_uln(labs.inr) <= 1.5", "no"),
        ({INR: 1.8, INR_ULN: 1.2}, "times_uln(labs.inr) <= 1.5", "yes"),
        ({INR: 1.81, INR_ULN: 1.2}, "times_uln(labs.inr) <= 1.5", "no"),
    ],
    "computed with": [
        ({AST: 100, AST_ULN: 40}, "times_uln(labs.ast) * 2 <= 5", "yes"),
        ({AST: 101, AST_ULN: 40}, "times_uln(labs.ast) * 2 <= 5", "no"),
        ({AST: 100}, "times_uln(labs.ast) * 2 <= 5", "unknown"),
    ],
    "a limit that depends on the liver": [
        ({AST: 100, AST_ULN: 40}, "times_uln(labs.ast) <= 2.5 or metastases.liver and times_uln(labs.ast) <= 5", "yes"),
        ({AST: 120, AST_ULN: 40}, "times_uln(labs.ast) <= 2.5 or metastases.liver and times_uln(labs.ast) <= 5", "unknown"),
        (
            {AST: 120, AST_ULN: 40, "metastases.liver": True},
            "times_uln(labs.ast) <= 2.5 or metastases.liver and times_uln(labs.ast) <= 5",
            "yes",
        ),
        ({AST: 201, AST_ULN: 40}, "times_uln(labs.ast) <= 2.5 or metastases.liver and times_uln(labs.ast) <= 5", "no"),
    ],
}
