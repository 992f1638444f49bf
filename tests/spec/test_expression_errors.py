"""Bad expressions: each is an error that names file and line and says what is wrong, in words an editor can use; none is a crash."""

from __future__ import annotations

import pytest

from tests.helpers import condition_of
from wayline.reading import WaylineError

# (expression, words that the message must hold)
MISTAKES: dict[str, list[tuple[str, tuple[str, ...]]]] = {
    "unknown facts": [
        ("labs.bilirubn <= 3", ("'labs.bilirubn' is not a fact", "Did you mean 'labs.bilirubin'?", "facts.md")),
        ("metastases.livr", ("'metastases.livr'", "Did you mean 'metastases.liver'?")),
        ("Metastases.Liver", ("Did you mean 'metastases.liver'?",)),
        ("xyzzy.plugh", ("'xyzzy.plugh' is not a fact",)),
        ("bilirubin <= 3", ("'bilirubin' is not a fact", "group.name")),
        ("labs <= 3", ("'labs' is not a fact",)),
        ("labs.bilirubin.value <= 3", ("'labs.bilirubin.value' is not a fact",)),
        ("labs.alt < labs.asst", ("Did you mean 'labs.ast'?",)),
        ("liver.largest_cm_uln > 1", ("'liver.largest_cm_uln'",)),  # only labs have an upper limit on reports
    ],
    "wrong choices": [
        ('diagnosis.histology == "squamos"', ("'squamos' is not a choice", "Did you mean 'squamous'?", "adenocarcinoma")),
        ('disease.status in ["responding", "stabel"]', ("Did you mean 'stable'?",)),
        ("function.ecog <= 5", ("'5' is not a choice of function.ecog", "0, 1, 2, 3, 4")),
        ("function.ecog <= 1.5", ("function.ecog", "0, 1, 2, 3, 4")),
        ("function.ecog == labs.alt", ("function.ecog is compared with one of its choices",)),
        ('"live_long" in wish.goals', ("Did you mean 'live_longer'?",)),
        ('diagnosis.histology < "squamous"', ("have no order",)),
        ('diagnosis.stage == "4c"', ("'4c' is not a choice", "Did you mean '4")),
        ("function.ecog == True", ("function.ecog",)),
        ("function.ecog in []", ("needs a list",)),
        ("function.ecog in 1", ("needs a list",)),
        ("1 in function.ecog", ("function.ecog is not a list",)),
    ],
    "functions": [
        ('hadd("platinum")', ("'hadd' is not a function", "Did you mean 'had'?")),
        ("timesuln(labs.ast) < 2", ("Did you mean 'times_uln'?",)),
        ("max(labs.ast, labs.alt) < 2", ("'max' is not a function",)),
        ("times_uln(liver.largest_cm) < 2", ("liver.largest_cm has no upper limit",)),
        ("times_uln(function.ecog) < 2", ("function.ecog is a choice, not a number",)),
        ("times_uln(labs.ast)", ("must be compared",)),
        ("times_uln() < 2", ("needs 1 value",)),
        ("times_uln(labs.ast, labs.alt) < 2", ("needs 1 value",)),
        ("times_uln(lab=labs.ast) < 2", ("needs 1 value",)),
        ("days_since(labs.ast) < 2", ("labs.ast is a number, not a date",)),
        ("days_since(therapy.last_dose)", ("must be compared",)),
        ("within(therapy.last_dose)", ("needs 2 values",)),
        ("within(therapy.last_dose, 2.5)", ("whole number of days",)),
        ("within(therapy.last_dose, -1)", ("whole number of days",)),
        ("within(labs.ast, 28)", ("labs.ast is a number, not a date",)),
        ("within(therapy.last_dose, 28) < 3", ("is a condition, not a number",)),
        ('had("platinum") == 1', ("is a condition, not a number",)),
        ("had()", ("had(...) needs one drug",)),
        ('had("platinum", "taxane")', ("had(...) needs one drug",)),
        ("had(platinum)", ("a word in quotes",)),
        ('had("platinum", intents="palliative")', ("does not know 'intents'", "Did you mean 'intent'?")),
        ('had("platinum", intent="paliative")', ("'paliative' is not a choice", "Did you mean 'palliative'?")),
        ('had("platinum", ended_because="progresion")', ("Did you mean 'progression'?",)),
        ('had("platinum", within_days="180")', ("whole number of days",)),
        ('had("platinum", intent="palliative", intent="definitive")', ("intent",)),  # which of the two would be a guess
        ('had(*["platinum"])', ("a word in quotes",)),
        ('had("platinum", **{"intent": "palliative"})', ("had(...)",)),
    ],
    "unknown drugs": [
        ('had("trastuzumb")', ("'trastuzumb' is not a drug, drug class or procedure", "Did you mean 'trastuzumab'?")),
        ('had("platinums")', ("Did you mean 'platinum'?",)),
        ('had("radiofrequency")', ("is not a drug, drug class or procedure",)),
        ('had("")', ("is not a drug, drug class or procedure",)),
    ],
    "lesions": [
        ("any_lesion(diameter > 3)", ("'diameter' is not a field of a lesion", "Did you mean 'diameter_cm'?")),
        ("any_lesion(diameter_cm)", ("a lesion is described by",)),
        ('any_lesion("bileduct" in near)', ("'bileduct' is not a place in the liver", "Did you mean 'bile_duct'?")),
        ('any_lesion("bile_duct" in close)', ("'close' is not a list of a lesion",)),
        ("any_lesion(segment == 9)", ("'9' is not a liver segment",)),
        ('any_lesion(segment == "unknown")', ("is not a liver segment",)),
        ("any_lesion(segment > 4)", ("cannot be compared like this",)),
        ('any_lesion(date > "soon")', ("2026-11-20",)),
        ('any_lesion(date > "2026-02-30")', ("2026-11-20",)),
        ("any_lesion(diameter_cm > labs.alt)", ("centimeters",)),
        ("any_lesion(labs.alt > 3)", ("is not a field of a lesion",)),
        ("any_lesion(any_lesion(diameter_cm > 3))", ("a lesion is described by",)),
        ("any_lesion()", ("needs 1 value",)),
        ("count_lesions(diameter_cm > 1)", ("must be compared",)),
        ("any_lesion(diameter_cm > 1) > 2", ("is a condition, not a number",)),
    ],
    "kinds of facts": [
        ("metastases.liver == True", ("metastases.liver is a yes-or-no fact", "write it alone")),
        ('metastases.liver == "yes"', ("metastases.liver is a yes-or-no fact",)),
        ("metastases.liver > 0", ("metastases.liver is a yes-or-no fact",)),
        ("True == metastases.liver", ("metastases.liver is a yes-or-no fact",)),
        ("metastases.liver in [1]", ("yes-or-no fact",)),
        ("True", ("True and False are not used",)),
        ("metastases.liver and False", ("True and False are not used",)),
        ("None", ("a plain value cannot be used here",)),
        ("1", ("a plain value cannot be used here",)),
        ('"squamous"', ("a plain value cannot be used here",)),
        ("labs.alt", ("labs.alt is a number", "must be compared")),
        ("function.ecog", ("function.ecog is a choice", "must be compared")),
        ("not labs.alt", ("labs.alt is a number",)),
        ("liver.lesions", ("list of lesions",)),
        ("therapy.history == []", ("list of courses",)),
        ('labs.alt < "high"', ("'high' is a word where a number was expected",)),
        ('labs.alt == "40"', ("'40' is a word where a number was expected",)),
        ('"high" > labs.alt', ("'high' is a word where a number was expected",)),
        ('"a" < "b"', ("word where a number was expected",)),
        ('person.country < "US"', ("person.country is a text", "== or !=")),
        ("person.country == 1", ("a word in quotes",)),
        ("person.country in [1]", ("a word in quotes",)),
        ("labs.alt == True", ("number was expected",)),
        ("labs.alt == None", ("number was expected",)),
        ("labs.alt < function.ecog", ("function.ecog is a choice, not a number",)),
        ("labs.alt + metastases.liver < 3", ("metastases.liver is a yes-or-no fact, not a number",)),
        ("labs.alt in [1, 'x']", ("'x' is a word",)),
        ("labs.alt is 3", ("write == or !=",)),
        ("labs.alt is not None", ("write == or !=",)),
        ("diagnosis.date < 2025", ("a word in quotes",)),
        ('diagnosis.date < "yesterday"', ('"2026-11-20"',)),
        ('diagnosis.date < "2026-02-30"', ('"2026-11-20"',)),
        ("diagnosis.date < therapy.last_dose", ("a word in quotes",)),
    ],
    "not in the language": [
        ("lambda: metastases.liver", ("a function cannot be used here",)),
        ("labs.alt.bit_length() < 3", ("is not a function",)),
        ("metastases.liver.upper()", ("is not a function",)),
        ("''.join([])", ("is not a function",)),
        ("__import__('os').system('true')", ("is not a function",)),
        ("(lambda: 1)()", ("is not a function",)),
        ("().__class__.__bases__", ("is not a fact",)),
        ("labs['alt'] < 3", ("an index in brackets",)),
        ("wish.goals[0] == 'live_longer'", ("an index in brackets",)),
        ("metastases.liver[0]", ("an index in brackets",)),
        ("f'{labs.alt}' == 'x'", ("a formatted text",)),
        ("f'{labs.alt}'", ("a formatted text",)),
        ("(x := labs.alt) < 3", ("cannot be used here",)),
        ("x := metastases.liver", ("",)),
        ("metastases.liver if metastases.lung else metastases.bone", ("if ... else",)),
        ("[metastases.liver]", ("a list cannot be used here",)),
        ("[x for x in wish.goals]", ("cannot be used here",)),
        ("{'a': 1}", ("a dictionary cannot be used here",)),
        ("{1, 2}", ("cannot be used here",)),
        ("metastases.liver, metastases.lung", ("cannot be used here",)),
        ("yield metastases.liver", ("",)),
        ("await metastases.liver", ("cannot be used here",)),
        ("*metastases.liver", ("",)),
        ("metastases.liver & metastases.lung", ("this arithmetic",)),
        ("~metastases.liver", ("cannot be used here",)),
        ("labs.alt ** 2 < 3", ("this arithmetic",)),
        ("labs.alt % 2 == 1", ("this arithmetic",)),
        ("labs.alt // 2 == 1", ("this arithmetic",)),
        ("+labs.alt < 3", ("cannot be used here",)),
        ("labs.alt < 3j", ("a plain value",)),
        ("labs.alt < b'3'", ("a plain value",)),
        ("labs.alt < ...", ("a plain value",)),
        ("labs.alt < 1e999", ("too large",)),
        ("labs.alt < 10000000000000", ("too large",)),
        ("3 < 4", ("",)),  # no fact in it: it could not say what it rests on
        ("metastases.liver and 3 < 4", ("",)),
        ("1 / 0 < 2", ("",)),
        ("labs.alt / 0 > 2", ("",)),
        ("metastases.liver = metastases.lung", ("not an expression",)),
        ("metastases.liver; metastases.lung", ("not an expression",)),
        ("import os", ("not an expression",)),
        ("metastases.liver && metastases.lung", ("not an expression",)),
        ("metastases.liver AND metastases.lung", ("not an expression",)),
        ("labs.alt <> 3", ("not an expression",)),
        ("labs.alt =< 3", ("not an expression",)),
        ("labs.alt ≤ 3", ("not an expression",)),
        ("labs.alt < 3 mg", ("not an expression",)),
        ("labs.alt < “3”", ("not an expression",)),
        ("if metastases.liver: pass", ("not an expression",)),
    ],
    "unfinished": [
        ("", ("an expression is missing",)),
        ("  \n\t ", ("an expression is missing",)),
        ("# a comment alone", ("",)),
        ("labs.alt <", ("not an expression",)),
        ("< 3", ("not an expression",)),
        ("labs.", ("not an expression",)),
        ("metastases.liver and", ("not an expression",)),
        ("not", ("not an expression",)),
        ("(metastases.liver", ("not an expression",)),
        ("metastases.liver)", ("not an expression",)),
        ("labs.alt < 3) or (labs.ast < 3", ("not an expression",)),  # balanced only together with the reader's own parentheses
        ("metastases.liver) and (metastases.lung", ("not an expression",)),
        ('had("platinum"', ("not an expression",)),
        ('had("platinum)', ("not an expression",)),
        ("'''", ("not an expression",)),
        ("metastases.liver or\n\n", ("not an expression",)),
    ],
    "characters that no expression has": [
        ("metastases.liver\0", ("",)),
        ("\0", ("",)),
        ("labs.alt < 3\0 or metastases.liver", ("",)),
        ("\ufeffmetastases.liver", ("",)),
        ("metastases\u200b.liver", ("",)),
        ("\ud800", ("",)),
        ("person.country == '\ud800'", ("",)),
        ("métastases.liver", ("is not a fact",)),
        ("🎗", ("not an expression",)),
        ("ⅷ.ⅷ < 3", ("is not a fact",)),
        ("\u202emetastases.liver", ("",)),
        ("labs.alt < ３", ("",)),
    ],
}  # fmt: skip

TOO_MUCH = {
    "too long": "metastases.liver or " * 500 + "metastases.lung",
    "far too long": "(" * 1_000_000,
    "500 parentheses": "(" * 500 + "metastases.liver" + ")" * 500,
    "500 brackets": "labs.alt in " + "[" * 500 + "1" + "]" * 500,
    "500 calls": "times_uln(" * 500 + "labs.alt" + ")" * 500 + " < 3",
    "500 open parentheses": "(" * 500,
    "500 closed parentheses": "metastases.liver" + ")" * 500,
    "not 2000 times": "not " * 2000 + "metastases.liver",
    "not 3000 times": "not " * 3000 + "metastases.liver",
    "not in lines": "not\\\n" * 1900 + "metastases.liver",
    "not and minus": "not -" * 1900 + "metastases.liver",
    "not with tabs": "not\t" * 2400 + "metastases.liver",
    "5000 minus signs": "-" * 5000 + "labs.alt < 3",
    "9000 minus signs": "-" * 9000 + "1 < labs.alt",
    "minus signs apart": "- " * 4900 + "labs.alt < 3",
    "2000 tildes": "~" * 2000 + "1 < labs.alt",
    "plus and minus": "+-" * 4000 + "1 < labs.alt",
    "powers": "**".join(["1"] * 3000) + " < labs.alt",
    "powers of facts": "**".join(["labs.alt"] * 900) + " < 3",
    "powers of minus": "**-".join(["1"] * 2500) + " < labs.alt",
    "powers apart": (" ** ").join(["labs.alt"] * 700) + " < 3",
    "powers of long sums": ("**" + "labs.alt " * 1 + " " * 45).join(["1"] * 150) + " < 3",
    "sums": "+".join(["labs.alt"] * 1000) + " < 3",
    "differences": "1-" * 4900 + "labs.alt < 3",
    "products": "*".join(["1"] * 4000) + " < labs.alt",
    "attributes": ".".join(["a"] * 4900),
    "calls of calls": "a" + "()" * 4900,
    "indexes": "a" + "[0]" * 3000,
    "if else": "1 if 1 else " * 800 + "1",
    "lambdas": "lambda:" * 1400 + "1",
    "lambdas with values": "lambda x=lambda:1:" * 500 + "1",
    "lambdas in lambdas": "lambda a: " * 900 + "1",
    "awaits": "await " * 1600 + "labs.alt",
    "chained comparisons of numbers": "1" + "<1" * 4900,
    "formatted texts": "f'" * 2000 + "'" * 2000,
    "one formatted text": "f'" + "{labs.alt}" * 900 + "' == 'x'",
    "a very long number": "labs.alt < " + "9" * 4000,
    "a number too long to read": "labs.alt < " + "9" * 9000,
    "a very long hexadecimal number": "labs.alt < 0x" + "f" * 9000,
    "a very long hexadecimal choice": "function.ecog == 0x" + "f" * 9000,
    "a very long hexadecimal segment": "any_lesion(segment == 0x" + "f" * 9000 + ")",
    "a very long binary number of days": "within(therapy.last_dose, 0b" + "1" * 9000 + ")",
    "days beyond any number": "within(therapy.last_dose, " + "9" * 400 + ")",
    "days of a course beyond any number": 'had("platinum", within_days=' + "9" * 400 + ")",
    "a very long decimal": "labs.alt < 1." + "0" * 9000 + "e400",
    "a very long word": "labs." + "x" * 9000,
    "a very long choice": 'diagnosis.histology == "' + "x" * 9000 + '"',
    "a very long drug": 'had("' + "x" * 9000 + '")',
    "a very long function": "x" * 9000 + "()",
    "many quotes": "'" * 9999,
    "many backslashes": "\\" * 9999,
    "many NUL bytes": "\0" * 9999,
    "many line ends": "metastases.liver" + "\n" * 9000 + ")",
    "many colons": ":" * 9999,
    "many walruses": "x:=" * 3000 + "1",
    "many braces": "{" * 30 + "'a':" * 30,
}


@pytest.mark.parametrize(
    ("expression", "words"),
    [pytest.param(*case, id=f"{kind}: {case[0]!r}") for kind, cases in MISTAKES.items() for case in cases],
)
def test_a_bad_expression_is_an_error_that_says_what_is_wrong(expression: str, words: tuple[str, ...]) -> None:
    """The message names file and line, and holds the words that help an editor to mend it."""
    with pytest.raises(WaylineError) as caught:
        condition_of(expression)
    message = str(caught.value)
    assert message.startswith("rules.md, line 7: ")
    for word in words:
        assert word in message


@pytest.mark.parametrize("expression", [pytest.param(expression, id=name) for name, expression in TOO_MUCH.items()])
def test_too_much_of_anything_is_a_clear_error(expression: str) -> None:
    """Length and depth are bounded before anything is built; the message stays short."""
    with pytest.raises(WaylineError) as caught:
        condition_of(expression)
    assert str(caught.value).startswith("rules.md, line 7: ")
    assert len(str(caught.value)) < 1_000


def test_ten_thousand_parts_are_too_long() -> None:
    """10,000 parts joined by `and` cannot fit and are refused by their length."""
    with pytest.raises(WaylineError, match="longer than 10,000 characters"):
        condition_of(" and ".join(["metastases.lung"] * 10_000))


@pytest.mark.parametrize("joined", [" and ", " or ", " and not ", " == 1 and labs.alt < "])
def test_many_parts_side_by_side_are_fine(joined: str) -> None:
    """Breadth is no depth: a long flat list of conditions is read."""
    text = joined.join(["labs.alt" if "labs" in joined else "metastases.lung"] * 300)
    condition_of(text + (" < 3" if "labs" in joined else ""))


@pytest.mark.parametrize(
    "expression",
    ["(" * 30 + "metastases.liver" + ")" * 30, "not " * 15 + "metastases.liver", "labs.alt" + " + labs.ast" * 30 + " < 3"],
)
def test_moderate_depth_is_fine(expression: str) -> None:
    """The bounds leave room for every expression that a person would write."""
    condition_of(expression)


@pytest.mark.parametrize(
    "expression",
    [
        "metastases.lung  # seen on a scan\nand metastases.bone",
        "metastases.lung and\n# the bones too\nmetastases.bone",
        "metastases.lung # and\n  and metastases.bone # here",
    ],
)
def test_a_comment_never_swallows_a_condition(expression: str) -> None:
    """A comment is refused, or everything around it counts; half a rule would be worse than none."""
    try:
        condition = condition_of(expression)
    except WaylineError:
        return
    assert condition.fact_ids == ("metastases.lung", "metastases.bone")


@pytest.mark.parametrize("expression", ['person.country == "New  York"', 'person.country == "New\tYork"'])
def test_a_word_in_quotes_is_kept_as_written(expression: str) -> None:
    """Line breaks between words do not matter; blanks inside quotes do."""
    written = expression.split('"')[1]
    assert condition_of(expression).allowed == (written,)  # type: ignore[attr-defined]
