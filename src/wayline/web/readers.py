"""Everything that reads what people bring, loaded before the first of them comes.

A fault in the content is ours. Found at the start it stops the server; found later it would look like a fault of somebody's file.
"""

from __future__ import annotations

from wayline.library import library
from wayline.records.codes import code_book


def load_readers() -> None:
    """The code maps and the word lists of the readers of pasted reports; WaylineError where one of them is broken."""
    code_book()
    _ = library().pasted_reader, library().report_reader
