"""The service's own log as one line of JSON a record, for programs that gather logs."""

from __future__ import annotations

import json
import logging
from copy import deepcopy
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from uvicorn.config import LOGGING_CONFIG

from app.web.access import request_id

if TYPE_CHECKING:
    from app.settings import Settings


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


def log_config(settings: Settings) -> dict[str, Any]:
    """Return how the service logs, as `logging.config.dictConfig` takes it.

    Parameters
    ----------
    settings : Settings
        Where requests are logged as lines of JSON, all records are, those of others' loggers too.
    """
    found = deepcopy(LOGGING_CONFIG)
    if settings.access_log != "off":
        found["formatters"]["default"] = {"()": JsonFormatter}
    found["root"] = {"handlers": ["default"], "level": "WARNING"}
    level = settings.log_level.upper()
    found["loggers"]["landprice"] = {"handlers": ["default"], "level": level, "propagate": False}
    return found
