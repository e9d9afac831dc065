"""What is published is taken, also where its store is away at first. All but 2022 are synthetic."""

from __future__ import annotations

from threading import Event, Thread
from typing import TYPE_CHECKING

from app.web.serving.keeper import Keeper
from app.web.serving.sources import FolderSource
from app.web.serving.state import read_state
from geo.editions.publish import publish
from geo.errors import StoreError
from tests.app.web.serving.test_serve_editions import wait_until
from tests.editions import write_edition
from tests.paths import DATA

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator
    from pathlib import Path

    import pytest

    from geo.editions.manifest import Manifest


class ToldOnce(FolderSource):
    """Tells of a publication once, as a database does, and cannot be reached then."""

    def __init__(self, data: Path) -> None:
        super().__init__(data)
        self.refusals = 0
        self.published = Event()

    def changes(self, stopped: Event) -> Iterator[Hashable]:
        self.published.wait()
        yield 1
        stopped.wait()

    def find(self, scratch: Path) -> tuple[Manifest, dict[str, Path]]:
        if self.published.is_set() and self.refusals < 2:
            self.refusals += 1
            raise StoreError("The database is away.", code="store_unreachable")
        return super().find(scratch)


def test_a_store_that_is_away_when_it_tells_is_asked_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    data, runtime = tmp_path / "data", tmp_path / "runtime"
    runtime.mkdir()
    publish([DATA], data)
    source, stopped = ToldOnce(data), Event()
    keeper = Keeper(source, runtime)
    keeper.start()
    following = Thread(target=keeper.follow, args=(stopped,))
    following.start()
    try:
        publish([write_edition(tmp_path / "later", 2023)], data)
        source.published.set()
        wait_until(lambda: read_state(runtime).taken == 2)
    finally:
        stopped.set()
        following.join()
    assert source.refusals == 2
    assert read_state(runtime).refused is None
    assert caplog.text.count("The database is away.") == 1
