"""Reading expressions: Python's own syntax, a white list, and the vocabulary as the dictionary.

The text goes through `ast.parse` only after its length and nesting are bounded, and nothing is ever compiled or run.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from wayline.facts.courses import ENDINGS, INTENTS
from wayline.facts.lesions import LESION_FIELDS, SEGMENTS, Lesion
from wayline.facts.situation import Situation
from wayline.facts.truth import NOT, UNKNOWN, Truth, all_of, any_of
from wayline.facts.values import DateRange, NumberRange
from wayline.facts.vocabulary import FactDefinition, Vocabulary
from wayline.logic.nodes import (
    And,
    AnyLesion,
    Arithmetic,
    ChoiceIn,
    Compared,
    Condition,
    CountLesions,
    DateCompared,
    DaysSince,
    Had,
    LesionCondition,
    ListHolds,
    Not,
    Number,
    NumberFact,
    Or,
    Term,
    TextIn,
    TimesUpperLimit,
    Unread,
    Within,
    YesNoFact,
    compare,
    within_set,
)
from wayline.reading import Place, WaylineError, nearest, shortened

LONGEST_EXPRESSION = 10_000
DEEPEST_EXPRESSION = 40
LARGEST_NUMBER = 10**12
_TOO_DEEP = f"this expression is nested deeper than {DEEPEST_EXPRESSION} levels"
MOST_DAYS = 100_000

_OPERATORS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.In: "in",
    ast.NotIn: "not in",
}
_ARITHMETIC: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
_NEXT_TO = "next to "
_SIZE_WORDS = {
    "<": "smaller than",
    "<=": "of at most",
    ">": "larger than",
    ">=": "of at least",
    "==": "of exactly",
    "!=": "of another size than",
}
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
FUNCTIONS = ("had", "days_since", "within", "times_uln", "any_lesion", "count_lesions", "unread")
_UNARY_RUN = re.compile(r"(?:(?:\bnot\b|\blambda\b[^:]*:|[-+~])\s*){20,}|(?:\*\*[^*]{0,40}){20,}")
# Words, numbers, texts without tricks, and brackets of one level, each closed: most expressions, and no tokenizer is needed to see it.
_PLAIN = r"[\w\s.<>=!,+*/-]|\"[^\"\\\n]*\""
_PLAIN_BRACKETS = re.compile(rf"(?:{_PLAIN}|[(\[](?:{_PLAIN})*+[)\]])*+", re.ASCII)


def parse_expression(text: str, vocabulary: Vocabulary, place: Place) -> Condition:
    """Read one expression into a Condition, checked against the vocabulary.

    Raises WaylineError naming file and line, what is wrong and the nearest right word.
    """
    return _Reader(vocabulary, place).condition(_syntax_tree(text, place))


def _syntax_tree(text: str, place: Place) -> ast.expr:
    if len(text) > LONGEST_EXPRESSION:
        raise place.error(f"this expression is longer than {LONGEST_EXPRESSION:,} characters; split it")
    if _UNARY_RUN.search(text):
        raise place.error(_TOO_DEEP)
    if not text.strip():
        raise place.error("an expression is missing")
    # The brackets let an expression span lines and hold comments.
    bracketed = f"({text.strip()}\n)"
    try:
        if '"""' in text or not _PLAIN_BRACKETS.fullmatch(text.strip()):
            _check_brackets(bracketed, place)
        tree = ast.parse(bracketed, mode="eval").body
    except WaylineError:
        raise
    except (SyntaxError, tokenize.TokenError) as error:
        detail = (
            f": {error.msg}: {_near(text, error)}" if isinstance(error, SyntaxError) else ": a bracket or a quotation mark is not closed"
        )
        raise place.error(f"this is not an expression{detail}") from None
    except (RecursionError, MemoryError, ValueError):
        raise place.error(f"{_TOO_DEEP}, or holds characters that no expression has") from None
    _check_depth(tree, place)
    return tree


def _check_brackets(bracketed: str, place: Place) -> None:
    """The outer brackets are ours: nothing inside may close them, nor nest too deeply."""
    depth = 0
    closed = False
    for token in tokenize.generate_tokens(io.StringIO(bracketed).readline):
        if token.type != tokenize.OP:
            continue
        if closed:
            raise place.error("this is not an expression: a bracket closes what was not opened")
        depth += (token.string in "([{") - (token.string in ")]}")
        closed = depth == 0
        if depth > DEEPEST_EXPRESSION:
            raise place.error(_TOO_DEEP)


def _near(text: str, error: SyntaxError) -> str:
    start = max(0, (error.offset or 2) - 2)
    lines = text.strip().splitlines()
    line = lines[min(len(lines), error.lineno or 1) - 1]
    return f"near '{line[start : start + 20]}'" if line[start:].strip() else "at its end"


def _check_depth(tree: ast.AST, place: Place) -> None:
    level: list[ast.AST] = [tree]
    for _ in range(DEEPEST_EXPRESSION * 2):  # a level of ours is up to two of Python's
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            return
    raise place.error(_TOO_DEEP)


@dataclass(frozen=True)
class _Reader:
    vocabulary: Vocabulary
    place: Place

    def error(self, node: ast.AST, message: str) -> WaylineError:
        return self.place.error(f"{message} (in '{_source(node)}')")

    # --- conditions ---

    def condition(self, node: ast.expr) -> Condition:
        match node:
            case ast.BoolOp(op=ast.And(), values=values):
                return And(tuple(self.condition(value) for value in values))
            case ast.BoolOp(values=values):
                return Or(tuple(self.condition(value) for value in values))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return Not(self.condition(operand))
            case ast.Compare():
                return self._comparisons(node)
            case ast.Call():
                return self._condition_call(node)
            case ast.Attribute() | ast.Name():
                definition = self._fact(node)
                if definition.kind != "yes_no":
                    raise self.error(node, f"{definition.id} is a {_kind_words(definition)}, so it must be compared with something")
                return YesNoFact(definition.id)
            case ast.Constant(value=bool()):
                raise self.error(node, "True and False are not used; write the yes-or-no fact alone, or 'not' before it")
        raise self.error(node, f"{_node_words(node)} cannot be used here; a condition was expected")

    def _comparisons(self, node: ast.Compare) -> Condition:
        operands = [node.left, *node.comparators]
        compared = [
            self._comparison(node, left, _OPERATORS.get(type(operator)), right)
            for left, operator, right in zip(operands, node.ops, operands[1:], strict=False)
        ]
        return compared[0] if len(compared) == 1 else And(tuple(compared))

    def _comparison(self, node: ast.Compare, left: ast.expr, operator: str | None, right: ast.expr) -> Condition:
        if operator is None:
            raise self.error(node, "'is' is not used; write == or !=")
        if operator in ("in", "not in"):
            condition = self._membership(node, left, right)
            return Not(condition) if operator == "not in" else condition
        if isinstance(left, ast.Constant) and not isinstance(right, ast.Constant):
            left, operator, right = right, _MIRRORED[operator], left
        if isinstance(left, ast.Attribute | ast.Name):
            definition = self._fact(left)
            if definition.kind != "number":
                return self._special_comparison(node, definition, operator, right)
        compared = Compared(self.term(left), operator, self.term(right))
        if not compared.fact_ids:
            raise self.error(node, "this compares numbers only; it rests on no fact")
        return compared

    def _special_comparison(self, node: ast.Compare, definition: FactDefinition, operator: str, right: ast.expr) -> Condition:
        match definition.kind:
            case "choice":
                return self._choice_comparison(node, definition, operator, right)
            case "date":
                return self._date_comparison(definition, operator, right)
            case "text":
                if operator not in ("==", "!="):
                    raise self.error(node, f"{definition.id} is a text; compare it with == or !=")
                condition = TextIn(definition.id, (self._string(right),))
                return Not(condition) if operator == "!=" else condition
            case "yes_no":
                raise self.error(node, f"{definition.id} is a yes-or-no fact; write it alone, or 'not' before it")
        raise self.error(node, f"{definition.id} is a {_kind_words(definition)}; it cannot be compared with {operator}")

    def _choice_comparison(self, node: ast.Compare, definition: FactDefinition, operator: str, right: ast.expr) -> Condition:
        meant = self._choice(definition, right)
        written = f"{operator} {_source(right)}"
        if operator in ("==", "!="):
            condition = ChoiceIn(definition.id, meant, written)
            return Not(condition) if operator == "!=" else condition
        if not definition.ordered:
            raise self.error(node, f"the choices of {definition.id} have no order; use ==, != or 'in'")
        # A choice that stands for several ("stage 4") is compared by its nearest end: >= "4" begins at 4a, > "4" after 4b.
        lowest = min(definition.rank[value] for value in meant)
        highest = max(definition.rank[value] for value in meant)
        tests: dict[str, Callable[[int], bool]] = {
            "<": lambda rank: rank < lowest,
            "<=": lambda rank: rank <= highest,
            ">": lambda rank: rank > highest,
            ">=": lambda rank: rank >= lowest,
        }
        allowed = frozenset(value for value, rank in definition.rank.items() if tests[operator](rank))
        return ChoiceIn(definition.id, allowed, written)

    def _date_comparison(self, definition: FactDefinition, operator: str, right: ast.expr) -> Condition:
        return DateCompared(definition.id, operator, self._day(right))

    def _day(self, node: ast.expr) -> DateRange:
        text = self._string(node)
        try:
            return DateRange.parse(text)
        except ValueError:
            raise self.error(node, f"'{shortened(text)}' is not a date; write \"2026-11-20\"") from None

    def _membership(self, node: ast.Compare, left: ast.expr, right: ast.expr) -> Condition:
        if isinstance(right, ast.Attribute | ast.Name):
            definition = self._fact(right)
            if definition.kind != "choice_list":
                raise self.error(node, f"{definition.id} is not a list of choices")
            item = next(iter(self._choice(definition, left)))
            return ListHolds(definition.id, item)
        if not isinstance(right, ast.List | ast.Tuple) or not right.elts:
            raise self.error(node, '\'in\' needs a list, such as ["responding", "stable"]')
        definition = self._fact(left)
        if definition.kind == "choice":
            allowed = frozenset().union(*(self._choice(definition, element) for element in right.elts))
            return ChoiceIn(definition.id, allowed, f"in {_source(right)}")
        if definition.kind == "text":
            return TextIn(definition.id, tuple(self._string(element) for element in right.elts))
        if definition.kind == "number":
            return Or(tuple(Compared(NumberFact(definition.id), "==", self.term(element)) for element in right.elts))
        raise self.error(node, f"{definition.id} is a {_kind_words(definition)}; 'in' does not fit it")

    def _condition_call(self, node: ast.Call) -> Condition:
        match self._function(node):
            case "had":
                return self._had(node)
            case "within":
                fact, days = self._arguments(node, 2)
                return Within(self._fact_of_kind(fact, "date").id, self._whole_number(days))
            case "unread":
                return Unread(int(self._whole_number(self._arguments(node, 1)[0])))
            case "any_lesion":
                return AnyLesion(self._lesion_predicate(self._arguments(node, 1)[0]))
            case name:
                raise self.error(node, f"{name}(...) is a number, so it must be compared with one")

    def _had(self, node: ast.Call) -> Condition:
        if len(node.args) != 1:
            raise self.error(node, "had(...) needs one drug, drug class or procedure, then only intent=, ended_because=, within_days=")
        named = self._string(node.args[0])
        drugs = self.vocabulary.drugs
        if drugs.members(named) is None and named not in self.vocabulary.procedures:
            words = (*drugs.drugs, *drugs.classes, *self.vocabulary.procedures)
            raise self.error(node, f"'{shortened(named)}' is not a drug, drug class or procedure.{nearest(named, words)}")
        told: dict[str, Any] = {}
        names = [keyword.arg for keyword in node.keywords]
        if len(set(names)) < len(names):
            raise self.error(node, "had(...) is told the same thing twice")
        for keyword in node.keywords:
            match keyword.arg:
                case "intent":
                    told["intent"] = self._word(keyword.value, INTENTS)
                case "ended_because":
                    told["ended_because"] = self._word(keyword.value, ENDINGS)
                case "within_days":
                    told["within_days"] = self._whole_number(keyword.value)
                case other:
                    raise self.error(
                        node, f"had(...) does not know '{other}'.{nearest(str(other), ('intent', 'ended_because', 'within_days'))}"
                    )
        return Had(named, **told)

    # --- terms ---

    def term(self, node: ast.expr) -> Term:
        match node:
            case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
                return self._number(node, number)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                inner = self.term(operand)
                return Number(-inner.number) if isinstance(inner, Number) else Arithmetic(Number(0), "-", inner)
            case ast.BinOp(op=ast.Div(), right=ast.Constant(value=0)):
                raise self.error(node, "a division by 0")
            case ast.BinOp(left=left, op=operator, right=right) if type(operator) in _ARITHMETIC:
                return Arithmetic(self.term(left), _ARITHMETIC[type(operator)], self.term(right))
            case ast.Call():
                return self._term_call(node)
            case ast.Attribute() | ast.Name():
                definition = self._fact(node)
                if definition.kind != "number":
                    raise self.error(node, f"{definition.id} is a {_kind_words(definition)}, not a number")
                return NumberFact(definition.id)
            case ast.Constant(value=str() as text):
                raise self.error(node, f"'{shortened(text)}' is a word where a number was expected")
        raise self.error(node, f"{_node_words(node)} cannot be used here; a number was expected")

    def _number(self, node: ast.AST, number: float) -> Number:
        if abs(number) > LARGEST_NUMBER:
            raise self.error(node, "this number is too large")
        return Number(float(number))

    def _term_call(self, node: ast.Call) -> Term:
        match self._function(node):
            case "times_uln":
                definition = self._fact_of_kind(self._arguments(node, 1)[0], "number")
                if not definition.may_have_upper_limit:
                    raise self.error(node, f"{definition.id} has no upper limit of normal on reports")
                return TimesUpperLimit(definition.id)
            case "days_since":
                return DaysSince(self._fact_of_kind(self._arguments(node, 1)[0], "date").id)
            case "count_lesions":
                return CountLesions(self._lesion_predicate(self._arguments(node, 1)[0]))
            case name:
                raise self.error(node, f"{name}(...) is a condition, not a number")

    # --- small parts ---

    def _function(self, node: ast.Call) -> str:
        name = node.func.id if isinstance(node.func, ast.Name) else _source(node.func)
        if name not in FUNCTIONS:
            raise self.error(node, f"'{shortened(name)}' is not a function here.{nearest(name, FUNCTIONS)}")
        return name

    def _arguments(self, node: ast.Call, count: int) -> list[ast.expr]:
        if len(node.args) != count or node.keywords or any(isinstance(one, ast.Starred) for one in node.args):
            raise self.error(node, f"this function needs {count} value{'s' if count > 1 else ''}")
        return node.args

    def _fact(self, node: ast.expr) -> FactDefinition:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            return self.vocabulary.require(f"{node.value.id}.{node.attr}", self.place)
        raise self.error(node, f"'{_source(node)}' is not a fact.{nearest(_source(node), self.vocabulary)} A fact is written group.name")

    def _fact_of_kind(self, node: ast.expr, kind: str) -> FactDefinition:
        definition = self._fact(node)
        if definition.kind != kind:
            raise self.error(node, f"{definition.id} is a {_kind_words(definition)}, not a {kind}")
        return definition

    def _choice(self, definition: FactDefinition, node: ast.expr) -> frozenset[str]:
        if not _is_word_or_number(node):
            raise self.error(node, f"{definition.id} is compared with one of its choices: {', '.join(definition.choices)}")
        value = str(node.value)  # type: ignore[attr-defined]
        if value not in definition.choices:
            choices = ", ".join(definition.choices)
            raise self.error(
                node, f"'{shortened(value)}' is not a choice of {definition.id}.{nearest(value, definition.choices)} Choices: {choices}"
            )
        return definition.choices[value].means

    def _string(self, node: ast.expr) -> str:
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
            raise self.error(node, "a word in quotes was expected")
        return node.value

    def _word(self, node: ast.expr, words: tuple[str, ...]) -> str:
        word = self._string(node)
        if word not in words:
            raise self.error(node, f"'{shortened(word)}' is not a choice.{nearest(word, words)} Choices: {', '.join(words)}")
        return word

    def _whole_number(self, node: ast.expr) -> float:
        if (
            not isinstance(node, ast.Constant)
            or isinstance(node.value, bool)
            or not isinstance(node.value, int)
            or not 0 <= node.value <= MOST_DAYS
        ):
            raise self.error(node, f"a whole number of days was expected, up to {MOST_DAYS:,}")
        return float(node.value)

    # --- predicates on one lesion ---

    def _lesion_predicate(self, node: ast.expr) -> LesionCondition:
        truth = self._lesion_truth(node)
        return LesionCondition(ast.unparse(node), truth, self._lesion_words(node))

    def _lesion_words(self, node: ast.expr) -> str:
        """A predicate that was understood, in everyday words."""
        match node:
            case ast.BoolOp(op=operator, values=values):
                joint = " and " if isinstance(operator, ast.And) else " or "
                words = [self._lesion_words(value) for value in values]
                if all(one.startswith(_NEXT_TO) for one in words):  # "next to a, b or c"
                    places = [one.removeprefix(_NEXT_TO) for one in words]
                    return f"{_NEXT_TO}{', '.join(places[:-1])}{joint}{places[-1]}"
                return joint.join(words)
            case ast.UnaryOp(operand=operand):
                return f"not {self._lesion_words(operand)}"
            case ast.Compare(left=left, ops=[operator], comparators=[right]):
                return self._lesion_comparison_words(left, _OPERATORS[type(operator)], right)
        return _source(node)

    def _lesion_comparison_words(self, left: ast.expr, operator: str, right: ast.expr) -> str:
        if isinstance(right, ast.Name):
            return f"{'not ' if operator == 'not in' else ''}{_NEXT_TO}{self.vocabulary.lesion_places[self._string(left)]}"
        name = left.id if isinstance(left, ast.Name) else _source(left)
        if name == "diameter_cm":
            return f"{_SIZE_WORDS[operator]} {_source(right)} cm"
        if name == "segment":
            elements = right.elts if isinstance(right, ast.List | ast.Tuple) else [right]
            ids = " or ".join(self._segment(element) for element in elements)
            return f"{'outside' if operator in ('!=', 'not in') else 'in'} segment {ids}"
        return f"{name} {operator} {_source(right)}"

    def _lesion_truth(self, node: ast.expr) -> Callable[[Lesion, Situation], Truth]:
        match node:
            case ast.BoolOp(op=operator, values=values):
                parts = [self._lesion_truth(value) for value in values]
                join = all_of if isinstance(operator, ast.And) else any_of
                return lambda lesion, situation: join(part(lesion, situation) for part in parts)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                inner = self._lesion_truth(operand)
                return lambda lesion, situation: NOT[inner(lesion, situation)]
            case ast.Compare(left=left, ops=[operator], comparators=[right]):
                return self._lesion_comparison(node, left, _OPERATORS.get(type(operator)), right)
        raise self.error(node, "a lesion is described by segment, diameter_cm, near and date, compared with something")

    def _lesion_comparison(
        self, node: ast.Compare, left: ast.expr, operator: str | None, right: ast.expr
    ) -> Callable[[Lesion, Situation], Truth]:
        if operator in ("in", "not in") and isinstance(right, ast.Name):
            if right.id != "near":
                raise self.error(node, f"'{right.id}' is not a list of a lesion.{nearest(right.id, ('near',))}")
            place_word = self._string(left)
            if place_word not in self.vocabulary.lesion_places:
                raise self.error(
                    node, f"'{shortened(place_word)}' is not a place in the liver.{nearest(place_word, self.vocabulary.lesion_places)}"
                )
            return _negated(operator, lambda lesion, _: Truth.of(None if lesion.near is None else place_word in lesion.near))
        name = left.id if isinstance(left, ast.Name) else _source(left)
        if name == "diameter_cm" and operator in _MIRRORED:
            limit = self.term(right)
            if not isinstance(limit, Number):
                raise self.error(node, "diameter_cm is compared with a number of centimeters")
            bound = NumberRange.exactly(limit.number)
            return lambda lesion, _: UNKNOWN if lesion.diameter_cm is None else compare(lesion.diameter_cm, operator, bound)
        if name == "segment" and operator in ("==", "!=", "in", "not in"):
            elements = right.elts if isinstance(right, ast.List | ast.Tuple) else [right]
            words = frozenset(self._segment(element) for element in elements)
            return _negated(
                operator, lambda lesion, _: within_set(None if lesion.segment == "unknown" else frozenset({lesion.segment}), words)
            )
        if name == "date" and operator in _MIRRORED:
            day = self._day(right)
            bounds = NumberRange(day.first.toordinal(), day.last.toordinal())
            return lambda lesion, _: (
                UNKNOWN
                if lesion.date is None
                else compare(NumberRange(lesion.date.first.toordinal(), lesion.date.last.toordinal()), operator, bounds)
            )
        if name in LESION_FIELDS:
            raise self.error(node, f"'{name}' of a lesion cannot be compared like this")
        raise self.error(node, f"'{shortened(name)}' is not a field of a lesion.{nearest(name, LESION_FIELDS)}")

    def _segment(self, node: ast.expr) -> str:
        value = str(node.value) if _is_word_or_number(node) else ""  # type: ignore[attr-defined]
        if value not in SEGMENTS or value == "unknown":
            raise self.error(node, f"'{shortened(value)}' is not a liver segment.{nearest(value, SEGMENTS)}")
        return value


def _negated(operator: str, truth: Callable[[Lesion, Situation], Truth]) -> Callable[[Lesion, Situation], Truth]:
    if operator in ("not in", "!="):
        return lambda lesion, situation: NOT[truth(lesion, situation)]
    return truth


def _is_word_or_number(node: ast.expr) -> bool:
    if not isinstance(node, ast.Constant) or isinstance(node.value, bool):
        return False
    return isinstance(node.value, str) or (isinstance(node.value, int) and abs(node.value) <= LARGEST_NUMBER)


def _source(node: ast.AST) -> str:
    try:
        text = ast.unparse(node).replace("\n", " ")
    except ValueError:  # Python refuses to print integers of thousands of digits
        return "a number of thousands of digits"
    return text if len(text) <= 80 else f"{text[:77]}..."


def _kind_words(definition: FactDefinition) -> str:
    return {
        "yes_no": "yes-or-no fact",
        "choice_list": "list of choices",
        "lesions": "list of lesions",
        "scans": "list of scans, which no rule reads",
        "lab_results": "list of earlier results, which no rule reads",
        "courses": "list of courses",
    }.get(definition.kind, definition.kind)


def _node_words(node: ast.AST) -> str:
    return {
        ast.Constant: "a plain value",
        ast.Lambda: "a function",
        ast.IfExp: "if ... else",
        ast.Dict: "a dictionary",
        ast.Subscript: "an index in brackets",
        ast.BinOp: "this arithmetic",
        ast.JoinedStr: "a formatted text",
        ast.List: "a list",
    }.get(type(node), f"'{type(node).__name__}'")
