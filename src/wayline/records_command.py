"""`wayline records read FILE -o CASE`: a hospital record as a case file, with the place of everything that was taken.

What contradicts itself is left out and listed, newest first; what was not understood is counted and listed. Reports stay closed: only their
titles and days are shown.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import yaml

from wayline.facts.case import EARLIEST_YEAR, parse_case
from wayline.facts.vocabulary import Vocabulary
from wayline.folders import write_whole
from wayline.library import library
from wayline.reading import WaylineError, parse, shortened
from wayline.records.codes import load_codes
from wayline.records.imported import ImportedFact, NotUnderstood, Proposal, RecordReading
from wayline.records.proposals import case_from, proposals
from wayline.records.reading_record import LARGEST_FILE_BYTES, broken_lines, read_record, record_bytes
from wayline.report import print_json

BAD_INPUT = 2
_WIDTH = 100
_MOST_OF_A_KIND = 12  # the rest stands in the JSON
HOW_SURE = "This is what the record says. Records hold mistakes and gaps: look through it before you use it."


def add_records_arguments(records: argparse.ArgumentParser) -> None:
    """The subcommand of `wayline records`."""
    subcommands = records.add_subparsers(required=True, metavar="COMMAND")
    words = "read a record: FHIR as JSON or NDJSON, a C-CDA document, an Apple Health export.zip"
    read = subcommands.add_parser("read", help=words, description=words)
    read.add_argument("file", type=Path, metavar="FILE", help="the record, or - for standard input")
    read.add_argument("-o", "--output", type=Path, metavar="CASE", help="write what was taken as a case file; never over another file")
    read.add_argument("--as-of", metavar="DATE", help="the day that counts as today, where it is another one")
    read.add_argument("--json", action="store_true", help="JSON on stdout")


def records_read(parsed: argparse.Namespace, today: date) -> int:
    """Read, print, and write the case file where one is asked for. 2 where a part of the file is broken or it speaks of several people."""
    if parsed.output is not None and os.path.lexists(parsed.output):
        raise WaylineError(f"{parsed.output}: there is a file already; it is not written over")
    as_of = _day(parsed.as_of, today)
    content = library()
    book = load_codes(content.folder / "records", content.vocabulary, content.references)
    is_standard_input = str(parsed.file) == "-"
    name = "standard input" if is_standard_input else str(parsed.file)
    data = _standard_input() if is_standard_input else record_bytes(parsed.file)
    reading = read_record(data, name, content.vocabulary, book, as_of)
    if parsed.as_of is None and reading.as_of is not None:
        # One of Wayline's own documents: the case is as of the day that it was told on, and comes back as it was.
        as_of = date.fromisoformat(reading.as_of)
        reading = read_record(data, name, content.vocabulary, book, as_of)
    proposed = proposals(reading, content.vocabulary, as_of)
    if parsed.output is not None and reading.people == 1:
        _write_case(parsed.output, proposed, content.vocabulary, as_of)
    if parsed.json:
        print_json(reading_json(reading, proposed))
    else:
        print(reading_text(reading, proposed, content.vocabulary))
        if parsed.output is not None and reading.people == 1:
            print(f"\nWritten to {parsed.output}")
    return _status(reading, parsed.output)


def _status(reading: RecordReading, output: Path | None) -> int:
    broken = broken_lines(reading)
    for one in broken:
        print(f"wayline: {reading.name}, {one.where}: {one.why}", file=sys.stderr)
    if reading.people > 1:
        written = "" if output is None else f"; {output} was not written"
        print(f"wayline: {reading.name}: it speaks of {reading.people} people, so nothing was taken{written}", file=sys.stderr)
    return BAD_INPUT if broken or reading.people > 1 else 0


def _standard_input() -> bytes:
    if sys.stdin is None:
        raise WaylineError("standard input: it is closed")
    return sys.stdin.buffer.read(LARGEST_FILE_BYTES + 1)


def _day(text: str | None, today: date) -> date:
    if text is None:
        return today
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        raise WaylineError(f"--as-of: '{shortened(text)}' is not a date such as 2026-11-23") from None
    if day.year < EARLIEST_YEAR:
        raise WaylineError(f"--as-of: {text} lies before {EARLIEST_YEAR}")
    return day


def _write_case(path: Path, proposed: Sequence[Proposal], vocabulary: Vocabulary, as_of: date) -> None:
    case = json.loads(json.dumps(case_from(proposed, vocabulary, as_of)))  # plain blocks and lists, without YAML's anchors
    text = yaml.safe_dump(case, sort_keys=False, allow_unicode=True, width=140)
    parse_case(parse(text, str(path)), vocabulary, str(path))
    write_whole(path, "# Written by `wayline records read`. Look through it, and add what else is known.\n" + text, may_replace=False)


# --- What is printed ----------------------------------------------------------------------------------------------------


def taken(proposed: Iterable[Proposal]) -> list[ImportedFact]:
    """What the command takes over: all items of a list, and of every other fact the newest value where its candidates do not differ."""
    return [
        one
        for proposal in proposed
        for one in (proposal.candidates if proposal.candidates[0].is_item else () if proposal.differ else proposal.candidates[:1])
    ]


def reading_json(reading: RecordReading, proposed: Sequence[Proposal]) -> dict[str, Any]:
    """The shape that docs/reference/commands.md describes."""
    return {
        "form": reading.form,
        "people": reading.people,
        "facts": [_fact_json(one) for one in taken(proposed)],
        "conflicts": [
            {"fact": proposal.fact_id, "candidates": [_fact_json(one) for one in proposal.candidates]}
            for proposal in proposed
            if proposal.differ
        ],
        "older": [
            _fact_json(one)
            for proposal in proposed
            if not proposal.differ and not proposal.candidates[0].is_item
            for one in proposal.candidates[1:]
        ],
        "not_understood": {
            "counts": dict(sorted(Counter(one.kind for one in reading.not_understood).items())),
            "listed": [{"kind": one.kind, "words": one.words, "where": one.where, "why": one.why} for one in reading.not_understood],
        },
        "reports": [{"title": one.title, "date": one.date, "where": one.where} for one in reading.reports],
        "counts": dict(reading.counts),
    }


def _fact_json(one: ImportedFact) -> dict[str, Any]:
    return {"fact": one.fact_id, "told": one.told, "words": one.words, "where": one.where, "code": one.code, "date": one.date}


def reading_text(reading: RecordReading, proposed: Sequence[Proposal], vocabulary: Vocabulary) -> str:
    """For people: what was taken, what contradicts itself, what was not understood, and which reports came with it."""
    counted = ", ".join(f"{count} {kind}" for kind, count in reading.counts.items()) or "nothing"
    lines = [f"{reading.form}: {counted}"]
    if reading.people > 1:
        lines += ["", *_filled(f"It speaks of {reading.people} people. So nothing of it was taken: it may be about somebody else.", "")]
    facts = taken(proposed)
    lines += ["", f"Taken from the record ({len(facts)})" if facts else "Nothing was taken from the record."]
    for fact_id in dict.fromkeys(one.fact_id for one in facts):
        listed = [one for one in facts if one.fact_id == fact_id]
        for one in listed[:_MOST_OF_A_KIND]:
            lines += _fact_lines(vocabulary[fact_id].label, one)
        if len(listed) > _MOST_OF_A_KIND:
            lines.append(f"  and {len(listed) - _MOST_OF_A_KIND} more of them; --json lists them all")
    differing = [proposal for proposal in proposed if proposal.differ]
    if differing:
        lines += ["", f"The record contradicts itself ({len(differing)}): left out until you choose, newest first"]
        for proposal in differing:
            lines.append(f"  {vocabulary[proposal.fact_id].label}")
            for one in proposal.candidates:
                lines += _filled(f"{_shown(one.told)}{f', {one.date}' if one.date else ', no date'}: {one.words}", "    - ", "      ")
                lines += _filled(f"at {one.where}", "      ", "      ")
    lines += _not_understood_lines(reading.not_understood)
    if reading.reports:
        lines += ["", f"Reports in the record ({len(reading.reports)}), kept closed: their words are not shown here"]
        lines += [f"  {one.date or 'no date'}  {one.title}" for one in reading.reports]
    return "\n".join([*lines, "", *_filled(HOW_SURE, "")])


def _fact_lines(label: str, one: ImportedFact) -> list[str]:
    dated = f", {one.date}" if one.date else ""
    code = f" [{one.code}]" if one.code else ""
    return [
        *_filled(f"{label}: {_shown(one.told)}{dated}", "  ", "    "),
        *_filled(f"{one.words}{code}, at {one.where}", "      ", "      "),
    ]


def _shown(told: Any) -> str:
    """A told value in short; its date and source stand beside it."""
    if not isinstance(told, Mapping):
        return str(told)
    if "value" in told and "lab" not in told:
        value = {True: "yes", False: "no"}.get(told["value"], told["value"]) if isinstance(told["value"], bool) else told["value"]
        return f"{value} {told['unit']}" if told.get("unit") else f"{value}"
    parts = (
        f"{key.replace('_', ' ')} {', '.join(map(str, value)) if isinstance(value, list) else value}"
        for key, value in told.items()
        if key not in ("date", "source")
    )
    return "; ".join(parts)


def _not_understood_lines(missed: Sequence[NotUnderstood]) -> list[str]:
    if not missed:
        return []
    lines = ["", f"Not understood or not used ({len(missed)})"]
    kinds = Counter(one.kind for one in missed)
    for kind, count in sorted(kinds.items()):
        lines.append(f"  {kind}: {count}")
        listed = [one for one in missed if one.kind == kind]
        for one in listed[:_MOST_OF_A_KIND]:
            lines += _filled(f"{one.words}: {one.why} ({one.where})", "    - ", "      ")
        if count > _MOST_OF_A_KIND:
            lines.append(f"    and {count - _MOST_OF_A_KIND} more; --json lists them all")
    return lines


def _filled(text: str, first: str, following: str | None = None) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent=first, subsequent_indent=first if following is None else following)
