"""The service's own log as one line of JSON a record, for programs that gather logs."""

from __future__ import annotations

import json
import logging
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

from uvicorn.config import LOGGING_CONFIG

from app.web.access import request_id


class JsonFormatter(logging.Formatter):
    """Writes a record on one line, with the id of the request that it is about."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        told = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage().strip(),
            "process": record.process,
        }
        if number := request_id.get():
            told["id"] = number
        if record.exc_info:
            told["traceback"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False)


def as_json() -> dict[str, Any]:
    """Return uvicorn's configuration of logging with such lines, those of others' loggers too."""
    config = deepcopy(LOGGING_CONFIG)
    config["formatters"]["default"] = {"()": JsonFormatter}
    config["root"] = {"handlers": ["default"], "level": "WARNING"}
    return config
