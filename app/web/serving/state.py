"""What the workers of a service are to answer from, as a file that all of them read.

The process that keeps it copies what is published into a folder of the service's own and checks it
there. So all workers answer from the same files, also one that starts while those that were
published are damaged or away.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from pathlib import Path

_STATE_FILE: Final = "state.json"


class State(BaseModel):
    """What the workers are to answer from.

    Attributes
    ----------
    taken : int
        Number of the copy, counted from 1 since the service started.
    refused : str or None
        Why what is published now was not taken.
    keeper : int
        Process id of the keeper, whose children the workers are.
    """

    model_config = ConfigDict(frozen=True)

    taken: int
    refused: str | None = None
    keeper: int = Field(default_factory=os.getpid)

    def folder(self, runtime: Path) -> Path:
        """Return where the copy is, as a city's folder."""
        return runtime / str(self.taken)


def read_state(runtime: Path) -> State:
    """Read what is to be answered from.

    Parameters
    ----------
    runtime : Path
        The service's own folder.
    """
    return State.model_validate_json((runtime / _STATE_FILE).read_bytes())


def write_state(runtime: Path, state: State) -> None:
    """Tell the workers what to answer from, at once and whole."""
    draft = runtime / f".{_STATE_FILE}"
    draft.write_text(state.model_dump_json(), encoding="utf-8")
    draft.replace(runtime / _STATE_FILE)
