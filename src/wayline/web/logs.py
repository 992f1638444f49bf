"""Log lines without what people typed."""

from __future__ import annotations

import logging
import traceback


class QuietFormatter(logging.Formatter):
    """Level, logger, the unformatted message, the kind of exception and where it arose.

    Messages are not filled in with their arguments and exceptions are named without their text: both can quote an answer.
    """

    def format(self, record: logging.LogRecord) -> str:
        words = record.msg if isinstance(record.msg, str) else type(record.msg).__name__
        line = f"{self.formatTime(record)} {record.levelname} {record.name}: {words}"
        status = getattr(record, "status_code", None)
        if status is not None:
            line += f" status={status}"
        if record.exc_info and record.exc_info[0] is not None:
            frames = traceback.extract_tb(record.exc_info[2])
            place = f" at {frames[-1].filename}:{frames[-1].lineno} in {frames[-1].name}" if frames else ""
            line += f" {record.exc_info[0].__name__}{place}"
        return line
