"""The `wayline` command: one subcommand a capability.

JSON on stdout with `--json`, human text without; errors on stderr, exit 2. Django is imported only by the commands that serve.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from wayline import __version__
from wayline.diary.flags import flags_for
from wayline.facts.case import load_case
from wayline.folders import write_whole
from wayline.library import library, load_library
from wayline.options.matching import matches_for
from wayline.reading import WaylineError
from wayline.report import facts_json, facts_text, flags_json, flags_text, options_json, options_text, print_json

BAD_INPUT = 2
_LIVER_MEASURE = "liver measure"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one subcommand; returns the exit status."""
    # Words for people hold letters that an old terminal may not have; better marked than a crash.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    words = _with_two_words(sys.argv[1:] if arguments is None else arguments)
    parsed = _parser(words).parse_args(words)
    command: Callable[[argparse.Namespace], int] = parsed.command
    try:
        status = command(parsed)
        if sys.stdout is not None:
            sys.stdout.flush()
        return status
    except WaylineError as error:
        print(f"wayline: {error}", file=sys.stderr)
        return BAD_INPUT
    except BrokenPipeError:
        # The reader closed early (`wayline facts CASE | head`); that is no error of ours.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        print(f"wayline: the answer cannot be written ({error.strerror})", file=sys.stderr)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BAD_INPUT


def _with_two_words(arguments: Sequence[str]) -> list[str]:
    """`liver measure` is one command of two words: what follows `liver` is else a case. A case of that name is written ./measure."""
    return [_LIVER_MEASURE, *arguments[2:]] if list(arguments[:2]) == _LIVER_MEASURE.split() else list(arguments)


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """The parser for these words. What a command needs beyond the facts and options is loaded only when it is asked for."""
    parser = argparse.ArgumentParser(
        prog="wayline",
        description="For people with stage four cancer of the esophagus. Wayline informs; it never advises. Only a care team can decide.",
    )
    parser.add_argument("--version", action="version", version=f"wayline {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    options = commands.add_parser("options", help="which treatments are worth asking about, and why")
    options.set_defaults(command=_options)
    flags = commands.add_parser("flags", help="which fixed rules say: call 911, call the team now, call today, tell the team")
    flags.set_defaults(command=_flags)
    facts = commands.add_parser("facts", help="every fact known, derived or stale, with its source")
    facts.set_defaults(command=_facts)
    for command in (options, flags, facts):
        command.add_argument("case", metavar="CASE", help="a YAML or JSON case file, or - for standard input")
        command.add_argument("--json", action="store_true", help="JSON on stdout")

    liver = commands.add_parser(
        "liver",
        help="the liver: tumors, scans, blood tests, scores, and which treatments stay open",
        epilog="`wayline liver measure LABELMAP` measures tumors in a label map of a scan; see `wayline liver measure --help`.",
    )
    liver.add_argument("case", metavar="CASE", help="a YAML or JSON case file, or - for standard input")
    liver.add_argument("--svg", metavar="FILE", type=Path, help="write the map of the liver to this file")
    liver.add_argument("--json", action="store_true", help="JSON on stdout")
    liver.set_defaults(command=_liver)
    measure = commands.add_parser(_LIVER_MEASURE, help="tumors out of a label map of a scan (NIfTI, DICOM SEG) or a measurement report")
    if words[:1] == [_LIVER_MEASURE]:
        from wayline.measure_command import add_measure_arguments

        add_measure_arguments(measure)
    measure.set_defaults(command=_measure)

    brief = commands.add_parser("brief", help="the sheet for a visit: PDF, page, plain text, or FHIR document")
    if words[:1] == ["brief"]:
        from wayline.brief_command import add_brief_arguments

        add_brief_arguments(brief)
    brief.set_defaults(command=_brief)

    check = commands.add_parser("check", help="the editor's test: content, references, rules, review dates")
    check.add_argument("folder", nargs="?", type=Path, metavar="FOLDER", help="another content folder than the one that ships")
    check.add_argument("--as-of", metavar="DATE", help="check review dates as of this day instead of today")
    check.add_argument("--json", action="store_true", help="JSON on stdout")
    check.set_defaults(command=_check)

    if words[:1] == ["trials"]:
        from wayline.trials_commands import add_trials_commands

        add_trials_commands(commands, _trials)
    else:
        commands.add_parser("trials", help="studies: the registry's mirror, their criteria, and one person checked against them")

    records = commands.add_parser("records", help="a hospital record (FHIR, C-CDA, Apple Health export) as a case file")
    if words[:1] == ["records"]:
        from wayline.records_command import add_records_arguments

        add_records_arguments(records)
    records.set_defaults(command=_records)

    serve = commands.add_parser("serve", help="migrate, load content and serve the website; works offline")
    serve.add_argument("--port", type=int, default=8000, help="the port on localhost (8000)")
    serve.add_argument("--host", default="127.0.0.1", help="the address to listen on (127.0.0.1)")
    serve.set_defaults(command=_serve)
    return parser


def _now() -> datetime:
    """The one place where the clock enters the command line; everything below it is told the instant or the day."""
    return datetime.now(UTC)


def _options(parsed: argparse.Namespace) -> int:
    from wayline.trials_commands import facts_that_settle_trials

    situation = load_case(parsed.case, library().vocabulary)
    matches = matches_for(situation, library().catalog)
    trials = facts_that_settle_trials(situation)
    if parsed.json:
        print_json(options_json(matches, trials))
    else:
        print(options_text(matches, library(), trials))
    return 0


def _flags(parsed: argparse.Namespace) -> int:
    situation = load_case(parsed.case, library().vocabulary)
    raised = flags_for(situation, library().flags)
    if parsed.json:
        print_json(flags_json(raised))
    else:
        print(flags_text(raised, library()))
    return 0


def _facts(parsed: argparse.Namespace) -> int:
    situation = load_case(parsed.case, library().vocabulary)
    if parsed.json:
        print_json(facts_json(situation))
    else:
        print(facts_text(situation))
    return 0


def _liver(parsed: argparse.Namespace) -> int:
    from wayline.liver.drawing import liver_map
    from wayline.liver_report import liver_json, liver_report, liver_text

    situation = load_case(parsed.case, library().vocabulary)
    report = liver_report(situation, library())
    if parsed.svg is not None:
        write_whole(parsed.svg, liver_map(report.tumors, library().segments, standalone=True), may_replace=True)
    if parsed.json:
        print_json(liver_json(report, library()))
    else:
        print(liver_text(report, library()))
    return 0


def _measure(parsed: argparse.Namespace) -> int:
    from wayline.measure_command import measure

    return measure(parsed, _now().date())


def _brief(parsed: argparse.Namespace) -> int:
    from wayline.brief_command import brief

    return brief(parsed)


def _check(parsed: argparse.Namespace) -> int:
    from wayline.checking import check_report

    content = library() if parsed.folder is None else load_library(parsed.folder)
    today = _now().date()
    if parsed.as_of is not None:
        try:
            today = datetime.strptime(parsed.as_of, "%Y-%m-%d").replace(tzinfo=UTC).date()
        except ValueError:
            raise WaylineError(f"--as-of: '{parsed.as_of}' is not a date such as 2026-11-23") from None
    report = check_report(content, today)
    if parsed.json:
        print_json(report.as_json())
    else:
        print(report.as_text())
    return BAD_INPUT if report.problems else 0


def _trials(parsed: argparse.Namespace) -> int:
    status: int = parsed.trials_command(parsed, _now())
    return status


def _records(parsed: argparse.Namespace) -> int:
    from wayline.records_command import records_read

    return records_read(parsed, _now().date())


def _serve(parsed: argparse.Namespace) -> int:
    from wayline.web.serving import serve

    return serve(host=parsed.host, port=parsed.port)


if __name__ == "__main__":
    sys.exit(main())
