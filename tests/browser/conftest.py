"""A real Chromium on a real service; nothing it asks may leave this machine."""

from __future__ import annotations

import os
import re
import shutil
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final, Protocol

import httpx2
import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import expect, sync_playwright

from tests.processes import WAIT_S

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, ConsoleMessage, Error, Page, Request, Route

    from tests.processes import Service

DESKTOP: Final = (1280, 800)
PHONE: Final = (360, 740)
_TIMEOUT_MS: Final = 120_000  # for a slow machine that does much else
expect.set_options(timeout=_TIMEOUT_MS)
_ARGUMENTS: Final = [
    "--no-sandbox",
    "--disable-gpu",
    "--in-process-gpu",  # one process less to wait for
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        told = "the browser tests need Debian's package chromium (and fonts-noto-cjk)"
        if os.environ.get("CI"):
            pytest.fail(told)
        pytest.skip(told)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def home(service: Service) -> str:
    """Address of the page of a service on the shipped data."""
    return f"{service.url}/"


class Api(Protocol):
    """Asks the service itself, without the page."""

    def __call__(self, **query: str) -> dict[str, Any]: ...


@pytest.fixture(scope="session")
def api(home: str) -> Api:
    def api(**query: str) -> dict[str, Any]:
        response = httpx2.get(f"{home}v1/price", params=query, timeout=WAIT_S)
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    return api


class Visit:
    """A page with a record of all that it asked for and complained of.

    Attributes
    ----------
    page : Page
    asked : list of str
        Addresses of all requests, but for data: addresses.
    """

    def __init__(self, page: Page, home: str) -> None:
        self.page = page
        self.asked: list[str] = []
        self._home = home
        self._left_home: list[str] = []
        self._complaints: list[str] = []
        self._refusals = 0
        page.on("request", self._on_request)
        page.on("console", self._on_console)
        page.on("pageerror", self._on_error)
        page.route("**/*", self._on_route)

    def end(self) -> None:
        """Record no more."""
        self.page.remove_listener("request", self._on_request)
        self.page.remove_listener("console", self._on_console)
        self.page.remove_listener("pageerror", self._on_error)
        self.page.unroute("**/*")

    def _on_error(self, error: Error) -> None:
        self._complaints.append(str(error))

    def _on_request(self, request: Request) -> None:
        if not request.url.startswith("data:"):
            self.asked.append(request.url)

    def _on_route(self, route: Route) -> None:
        if route.request.url.startswith((self._home, "data:")):
            route.continue_()
        else:
            self._left_home.append(route.request.url)
            route.abort()

    def _on_console(self, message: ConsoleMessage) -> None:
        # Chromium itself writes this line for any answer that is an error, however well it is met.
        refused = re.search(r"the server responded with a status of 4(09|22)\b", message.text)
        if refused and message.type == "error":
            self._refusals += 1
        else:
            self._complaints.append(f"{message.type}: {message.text} {message.location}")

    @property
    def questions(self) -> list[str]:
        """Addresses of what was asked of the API."""
        return [address for address in self.asked if "/v1/" in address]

    def check(self, refusals: int) -> None:
        """Check that all went in silence and from one place, but for so many refused questions."""
        assert self._left_home == []
        assert self._complaints == []
        assert self._refusals == refusals
        assert self.asked


class Open(Protocol):
    """Opens an address in an empty page; afterwards its record must be clean."""

    def __call__(
        self,
        address: str,
        *,
        size: tuple[int, int] = DESKTOP,
        home: str | None = None,
        refusals: int = 0,
    ) -> Visit: ...


class Pages:
    """Pages by size, used again by one test after the other: a new one costs most of a second."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._free: defaultdict[tuple[int, int], list[Page]] = defaultdict(list)

    def take(self, size: tuple[int, int]) -> Page:
        """Return an empty page, on a phone one for fingers."""
        if self._free[size]:
            return self._free[size].pop()
        width, height = size
        context = self._browser.new_context(
            viewport={"width": width, "height": height},
            reduced_motion="reduce",
            has_touch=size == PHONE,
            permissions=["clipboard-read", "clipboard-write"],
        )
        context.set_default_timeout(_TIMEOUT_MS)
        return context.new_page()

    def give_back(self, page: Page, size: tuple[int, int]) -> None:
        """Empty a page and keep it for the next test."""
        page.evaluate("localStorage.clear()")
        page.goto("about:blank")
        page.emulate_media(media="null", reduced_motion="reduce")
        self._free[size].append(page)


@pytest.fixture(scope="session")
def pages(chromium: Browser) -> Pages:
    return Pages(chromium)


@pytest.fixture
def visit(pages: Pages) -> Iterator[Open]:
    visits: list[tuple[Visit, tuple[int, int], int]] = []

    def open_address(
        address: str,
        *,
        size: tuple[int, int] = DESKTOP,
        home: str | None = None,
        refusals: int = 0,
    ) -> Visit:
        made = Visit(pages.take(size), home or address.partition("?")[0])
        visits.append((made, size, refusals))
        made.page.goto(address)
        return made

    yield open_address
    for made, size, _ in visits:
        made.end()
        pages.give_back(made.page, size)
    for made, _, refusals in visits:
        made.check(refusals)


def serious_violations(page: Page) -> list[str]:
    """Return what axe-core finds on a page that keeps people from using it."""
    violations = Axe().run(page).response["violations"]
    return [
        f"{found['id']}: {node['html'][:200]}"
        for found in violations
        if found["impact"] in {"serious", "critical"}
        for node in found["nodes"]
    ]


def wait_for_answer(page: Page) -> None:
    """Wait until the page has answered the last question."""
    page.wait_for_selector("#answer:not([hidden]):not([aria-busy])")


def click_map(page: Page, *, lon: float, lat: float) -> None:
    """Click on the map at a place, WGS84."""
    at = page.evaluate(
        "([lat, lon]) => {"
        " const box = landprice.map.map.getContainer().getBoundingClientRect();"
        " const at = landprice.map.map.latLngToContainerPoint([lat, lon]);"
        " return [box.x + at.x, box.y + at.y]; }",
        [lat, lon],
    )
    page.mouse.click(*at)


def use_shown(page: Page) -> str:
    """Return which use's regions the map shows."""
    shown: list[str] = page.evaluate(
        "Object.entries(landprice.map.uses)"
        ".filter(([, { layer }]) => landprice.map.map.hasLayer(layer)).map(([use]) => use)"
    )
    assert len(shown) == 1
    assert page.locator("[name=lp-use]:checked").get_attribute("value") == shown[0]
    return shown[0]


def outlined(page: Page) -> list[list[float]]:
    """Return the south-west corners of the regions that the map outlines."""
    corners: list[list[float]] = page.evaluate(
        "landprice.map.highlighted.getLayers().filter((layer) => layer.options.color !== '#ffffff')"
        ".map((layer) => { const { lat, lng } = layer.getBounds().getSouthWest();"
        " return [lng, lat]; })"
    )
    return corners
