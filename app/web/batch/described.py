"""What the OpenAPI document says of bodies of many points, and of their answers."""

from __future__ import annotations

from typing import Any, Final

from app.web.batch.media_types import MediaType
from app.web.batch.models import BatchPoint

_TABLES: Final[dict[str, dict[str, Any]]] = {
    kind.value: {
        "schema": {"title": title, "description": by, "type": "string", "format": "binary"}
    }
    for kind, title, by in (
        (
            MediaType.ARROW,
            "Arrow IPC stream Arrow 流",
            "As `pyarrow.ipc.new_stream`, Polars' `write_ipc_stream` or R's `write_ipc_stream` do.",
        ),
        (
            MediaType.PARQUET,
            "Parquet file Parquet 文件",
            "As `pyarrow.parquet.write_table`, Polars' `write_parquet` or GDAL do.",
        ),
    )
}
BODY: Final[dict[str, Any]] = {
    "required": True,
    "content": {
        MediaType.JSON.value: {
            "schema": {
                "title": "Points 坐标点",
                "type": "array",
                "items": {
                    "anyOf": [
                        BatchPoint.model_json_schema(),
                        {
                            "title": "Pair 坐标对",
                            "description": "Longitude or easting, then latitude or northing.",
                            "type": "array",
                            "minItems": 2,
                            "items": {"type": "number"},
                        },
                        {
                            "title": "Anything else 其他内容",
                            "description": "Is answered with its error, in its place.",
                        },
                    ]
                },
            },
            "example": [{"lon": 114.0127, "lat": 32.993}, {"lon": 113.8, "lat": 33.2}],
        },
        MediaType.CSV.value: {
            "schema": {
                "title": "Table with a row of names 带表头的表格",
                "type": "string",
                "format": "csv",
            },
            "example": "name,lon,lat\n鼎盛新城,114.0127,32.993\n,113.8,33.2\n",
        },
        **_TABLES,
    },
}
_PROBLEM: Final = {"application/json": {"schema": {"$ref": "#/components/schemas/ProblemBody"}}}
RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "One answer a point, in their order",
        "content": {
            MediaType.CSV.value: {
                "schema": {"title": "Table with answers 附结果的表格", "type": "string"}
            },
            **_TABLES,
        },
    },
    404: {"description": "No edition was in force on that day", "content": _PROBLEM},
    413: {"description": "The body is larger than what is taken at a time", "content": _PROBLEM},
    415: {"description": "The body is of a kind that is not taken", "content": _PROBLEM},
    422: {
        "description": "A parameter is wrong or not known, two contradict each other, or the body"
        " is damaged",
        "content": _PROBLEM,
    },
    "default": {"description": "Any other error", "content": _PROBLEM},
}
