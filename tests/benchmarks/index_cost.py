"""What an index of regions costs, in a process of its own: seconds to build it, and megabytes.

python -m tests.benchmarks.index_cost {landprice,strtree} {shipped,many}
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
import shapely

from tests.benchmarks.inputs import SOMEWHERE, index_of, many_regions, regions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geo.lookup.batch import BatchIndex
    from geo.model import Region


def landprice(indexed: Sequence[Region]) -> BatchIndex:
    """Build the index of many points."""
    return index_of(indexed)


def strtree(indexed: Sequence[Region]) -> shapely.STRtree:
    """Build GEOS's tree of the regions' boxes, which it does at the first question."""
    tree = shapely.STRtree([region.polygon for region in indexed])
    tree.query(shapely.Point(SOMEWHERE))
    return tree


def resident_bytes() -> int:
    """Return how much of this process's memory is resident, what is free given back."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


BUILDERS: Final = {"landprice": landprice, "strtree": strtree}

if __name__ == "__main__":
    build = BUILDERS[sys.argv[1]]
    given = regions() if sys.argv[2] == "shipped" else many_regions()
    build(regions()[:1])  # whatever is loaded or compiled once
    before = resident_bytes()
    started = time.perf_counter()
    index = build(given)
    elapsed_s = time.perf_counter() - started
    megabytes = (resident_bytes() - before) / 1e6
    click.echo(json.dumps({"s": elapsed_s, "MB": megabytes}))
