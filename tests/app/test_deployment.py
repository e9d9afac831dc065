"""The files for systemd and nginx: the real programs read them, and nginx serves by its own."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urljoin

import httpx2
import pytest

from app.settings import Settings
from tests.paths import ROOT
from tests.processes import HOST, START_S, STOP_S, WAIT_S, Service, free_port, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FOLDER: Final = ROOT / "docs" / "deploy"
NGINX: Final = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
ANALYZE: Final = shutil.which("systemd-analyze")
IN_CI: Final = bool(os.environ.get("CI"))

PLACE = "/v1/price?lon=114.0127&lat=32.993"
OTHER_HOST = "127.0.0.2"
"""Another address of this machine, from which a client can come."""

WRAPPER = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
{user}
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""

needs_nginx = [
    pytest.mark.server,
    pytest.mark.skipif(
        NGINX is None and not IN_CI, reason="there is no nginx (Debian's package nginx)"
    ),
]


class Site(NamedTuple):
    """The service behind nginx.

    Attributes
    ----------
    url : str
        Of nginx, without a slash at its end.
    service : Service
        Behind it.
    """

    url: str
    service: Service

    def line_about(self, path: str) -> dict[str, Any]:
        """Wait for what the service's log says of the request for a path, once it is answered."""
        end_s = time.monotonic() + STOP_S
        while True:
            whole = self.service.said().rpartition("\n")[0]
            lines: list[dict[str, Any]] = list(map(json.loads, whole.splitlines()))
            found = [line for line in lines if line.get("path") == path]
            if found:
                return found[0]
            assert time.monotonic() < end_s, path
            time.sleep(0.05)


@contextmanager
def behind_nginx(service: Service, folder: Path, **changed: str) -> Iterator[Site]:
    """Start nginx by the example, on a free port, in front of a service.

    Parameters
    ----------
    service : Service
    folder : Path
    **changed : str
        Other values of directives.
    """
    assert NGINX is not None, "there is no nginx (Debian's package nginx)"
    port = free_port()
    site = (FOLDER / "nginx.conf").read_text(encoding="utf-8")
    values = {
        "server 127.0.0.1:8000;": f"server 127.0.0.1:{service.port};",
        "listen 80;": f"listen {HOST}:{port};",
        **{f"{name} {old};": f"{name} {new};" for name, (old, new) in _pairs(site, changed)},
    }
    for old, new in values.items():
        assert site.count(old) == 1, old
        site = site.replace(old, new)
    folder.mkdir(exist_ok=True)
    (folder / "site.conf").write_text(site, encoding="utf-8")
    user = "user root;" if os.geteuid() == 0 else ""
    config = folder / "nginx.conf"
    config.write_text(WRAPPER.format(folder=folder, user=user), encoding="utf-8")
    url = f"http://{HOST}:{port}"
    with subprocess.Popen([NGINX, "-c", str(config)]) as process:  # noqa: S603 - Debian's own
        try:
            end_s = time.monotonic() + START_S
            while not Service(url, process, service.log).answers():
                assert process.poll() is None
                assert time.monotonic() < end_s
                time.sleep(0.05)
            yield Site(url, service)
        finally:
            process.terminate()
            process.wait(timeout=STOP_S)


def _pairs(site: str, changed: dict[str, str]) -> Iterator[tuple[str, tuple[str, str]]]:
    for name, new in changed.items():
        [old] = re.findall(rf"^ *{name} ([^;]+);", site, re.MULTILINE)
        yield name, (old, new)


@pytest.fixture(scope="module")
def site(command: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The service with its defaults, behind nginx by the example."""
    folder = tmp_path_factory.mktemp("nginx")
    with (
        serving(folder / "log", command, "serve") as service,
        behind_nginx(service, folder / "nginx") as running,
    ):
        yield running
    assert "Traceback" not in service.said()


def problem(answer: httpx2.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()["error"]
    assert body["message"].endswith(".")
    return answer.status_code, body["code"]


# What the example is ----------------------------------------------------------------------------


@pytest.mark.skipif(ANALYZE is None, reason="there is no systemd-analyze (Debian's systemd)")
def test_systemd_reads_the_unit(tmp_path: Path) -> None:
    text = (FOLDER / "landprice.service").read_text(encoding="utf-8")
    unit = tmp_path / "landprice.service"
    unit.write_text(text.replace("/opt/landprice/.venv/bin/landprice", sys.executable))
    done = subprocess.run(  # noqa: S603 - Debian's own
        [str(ANALYZE), "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")
    assert not [line for line in done.stderr.splitlines() if "landprice.service" in line]


def test_the_files_fit_the_defaults() -> None:
    settings = Settings()
    unit = (FOLDER / "landprice.service").read_text(encoding="utf-8")

    def number(name: str) -> int:
        [value] = re.findall(rf"^{name}=(\d+)", unit, re.MULTILINE)
        return int(value)

    assert number("TimeoutStopSec") > settings.shutdown_timeout_s
    assert number("LimitNOFILE") > settings.connections_max + 2 * settings.batches_max + 100
    conf = (FOLDER / "nginx.conf").read_text(encoding="utf-8")
    assert f"client_max_body_size {settings.batch_max_mb}m;" in conf
    assert 1000 * settings.url_max_kb < 17 * 1024
    assert 1000 * settings.head_max_kb < 4 * 17 * 1024
    named = set(re.findall(r"LANDPRICE_([A-Z_]+)", unit + conf))
    assert named <= {name.upper() for name in Settings.model_fields}


# What nginx does by it --------------------------------------------------------------------------


class TestNginx:
    pytestmark = needs_nginx

    def test_prices_by_any_reading_method(self, site: Site) -> None:
        answer = httpx2.get(f"{site.url}{PLACE}", timeout=WAIT_S)
        assert answer.status_code == 200
        assert answer.json() == httpx2.get(f"{site.service.url}{PLACE}", timeout=WAIT_S).json()
        for path in (PLACE, "/", "/exports/landprice.csv", "/ogc?f=json"):
            head = httpx2.head(f"{site.url}{path}", timeout=WAIT_S)
            assert (head.status_code, head.content) == (200, b""), path

    def test_what_is_compressed_is_kept_by_its_tag(self, site: Site) -> None:
        url = f"{site.url}/v1/regions"
        answer = httpx2.get(url, headers={"Accept-Encoding": "gzip"}, timeout=WAIT_S)
        assert answer.headers["content-encoding"] == "gzip"
        assert len(answer.json()["features"]) == 66
        kept = {"Accept-Encoding": "gzip", "If-None-Match": answer.headers["etag"]}
        assert httpx2.get(url, headers=kept, timeout=WAIT_S).status_code == 304

    def test_the_client_is_whom_nginx_saw(self, site: Site) -> None:
        told = {"X-Forwarded-For": "203.0.113.9", "Forwarded": "for=203.0.113.9"}
        with httpx2.Client(transport=httpx2.HTTPTransport(local_address=OTHER_HOST)) as client:
            assert client.get(f"{site.url}/v1/from-elsewhere", headers=told).status_code == 404
        assert site.line_about("/v1/from-elsewhere")["client"] == OTHER_HOST

    def test_nobody_else_says_where_the_service_is(self, site: Site) -> None:
        told = {
            "X-Forwarded-Host": "evil.example",
            "X-Forwarded-Proto": "https",
            "X-Forwarded-Prefix": "/evil",
        }
        links = httpx2.get(f"{site.url}/ogc?f=json", headers=told, timeout=WAIT_S).json()["links"]
        assert all(link["href"].startswith(f"{site.url}/") for link in links)

    @pytest.mark.parametrize("trusted", ["10.9.9.9", "127.0.0.1"])
    def test_a_proxy_counts_only_where_it_is_named(
        self, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trusted: str
    ) -> None:
        monkeypatch.setenv("LANDPRICE_TRUSTED_PROXIES", trusted)
        with (
            serving(tmp_path / "log", command, "serve") as service,
            behind_nginx(service, tmp_path / "nginx") as site,
            httpx2.Client(transport=httpx2.HTTPTransport(local_address=OTHER_HOST)) as client,
        ):
            links = client.get(f"{site.url}/landprice/ogc?f=json", timeout=WAIT_S).json()["links"]
        is_named = trusted == HOST
        is_below = [link["href"].startswith(f"{site.url}/landprice/") for link in links]
        assert set(is_below) == {is_named}
        assert site.line_about("/ogc")["client"] == (OTHER_HOST if is_named else HOST)

    @pytest.mark.parametrize("page", ["/", "/map", "/docs", "/?lang=en"])
    @pytest.mark.parametrize("prefix", ["", "/landprice"])
    def test_what_a_page_needs_is_where_it_says(self, site: Site, prefix: str, page: str) -> None:
        url = f"{site.url}{prefix}{page}"
        html = httpx2.get(url, timeout=WAIT_S).text
        needed = re.findall(r"""(?:src|href|url)[=:] ?["']([^"'#]+)["']""", html)
        assert len(needed) > 3
        for one in needed:
            address = urljoin(url, one)
            if not one.startswith(("data:", "https:")):
                assert address.startswith(f"{site.url}{prefix}/"), one
                assert httpx2.get(address, timeout=WAIT_S).status_code == 200, address

    @pytest.mark.parametrize("prefix", ["", "/landprice"])
    def test_links_and_redirects_stay_below_the_prefix(self, site: Site, prefix: str) -> None:
        own = f"{site.url}{prefix}"
        seen: set[str] = set()
        left = [f"{own}/ogc?f=json", f"{own}/ogc/collections/commercial/items?f=json&limit=1"]
        while left:
            url = left.pop(0)
            answer = httpx2.get(url, timeout=WAIT_S)
            assert answer.status_code == 200, url
            seen.add(url)
            found = re.findall(rf'"href": ?"({re.escape(site.url)}[^"]*)"', answer.text)
            assert all(link.startswith(f"{own}/") for link in found), url
            is_json = [link for link in found if "f=json" in link and "{" not in link]
            left += [link for link in is_json if link not in {*seen, *left}]
        assert len(seen) > 5
        code = httpx2.get(f"{own}/qr.svg", params={"text": f"{own}/?at=1"}, timeout=WAIT_S)
        assert code.headers["content-type"] == "image/svg+xml"
        moved = httpx2.get(f"{own}/v1/regions/", timeout=WAIT_S)
        assert moved.status_code == 307
        target = urljoin(f"{own}/v1/regions/", moved.headers["location"])
        assert target == f"{own}/v1/regions"

    def test_the_prefix_alone_leads_to_the_page(self, site: Site) -> None:
        moved = httpx2.get(f"{site.url}/landprice?lang=en", timeout=WAIT_S)
        assert (moved.status_code, moved.headers["location"][-19:]) == (308, "/landprice/?lang=en")

    def test_a_large_batch_goes_through_both_ways(self, site: Site) -> None:
        rows = 150_000
        table = "name,lon,lat\n" + "".join(
            f"place number {row},{113.9 + row % 391 / 2000:.5f},{32.9 + row % 397 / 2000:.5f}\n"
            for row in range(rows)
        )
        assert len(table) > 5_000_000
        url = f"{site.url}/landprice/v1/price/batch?columns=code"
        body = [table[start : start + 100_000].encode() for start in range(0, len(table), 100_000)]
        with httpx2.stream(
            "POST", url, content=iter(body), headers={"Content-Type": "text/csv"}, timeout=WAIT_S
        ) as answer:
            assert answer.status_code == 200
            text = b"".join(answer.iter_bytes()).decode("utf-8-sig")
        assert [row["name"] for row in csv.DictReader(io.StringIO(text))] == [
            f"place number {row}" for row in range(rows)
        ]

    def test_what_is_too_long_is_refused_in_one_form(self, site: Site) -> None:
        for length in (16_500, 30_000):  # by the service, and by nginx
            long = httpx2.get(f"{site.url}/v1/price?at={'a' * length}", timeout=WAIT_S)
            assert problem(long) == (414, "uri_too_long")
        for count, length in ((4, 16_300), (1, 30_000)):
            headers = {f"X-{number}": "a" * length for number in range(count)}
            large = httpx2.get(f"{site.url}{PLACE}", headers=headers, timeout=WAIT_S)
            assert problem(large) == (431, "headers_too_large")
        assert httpx2.get(f"{site.url}{PLACE}", timeout=WAIT_S).status_code == 200

    def test_a_batch_that_is_too_large_is_refused_in_one_form(
        self, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("LANDPRICE_BATCH_MAX_MB", "1")
        headers = {"Content-Type": "text/csv"}
        with (
            serving(tmp_path / "log", command, "serve") as service,
            behind_nginx(service, tmp_path / "nginx", client_max_body_size="3m") as site,
        ):
            url = f"{site.url}/v1/price/batch"
            for size in (2_000_000, 4_000_000):  # by the service, and by nginx
                answer = httpx2.post(url, content=b"a" * size, headers=headers, timeout=WAIT_S)
                assert problem(answer) == (413, "too_large")

    @pytest.mark.parametrize("path", ["/metrics", "/readyz"])
    def test_what_watches_is_for_this_machine(self, site: Site, path: str) -> None:
        assert httpx2.get(f"{site.url}{path}", timeout=WAIT_S).status_code == 200
        with httpx2.Client(transport=httpx2.HTTPTransport(local_address=OTHER_HOST)) as client:
            assert client.get(f"{site.url}{path}").status_code == 403
            assert client.get(f"{site.url}/livez").status_code == 200
        assert httpx2.get(f"{site.url}/landprice{path}", timeout=WAIT_S).status_code == 404

    def test_a_service_that_is_gone(self, command: str, tmp_path: Path) -> None:
        with (
            serving(tmp_path / "log", command, "serve") as service,
            behind_nginx(service, tmp_path / "nginx") as site,
        ):
            service.process.terminate()
            service.process.wait(timeout=STOP_S)
            answer = httpx2.get(f"{site.url}{PLACE}", timeout=WAIT_S)
            assert problem(answer) == (503, "unavailable")
            assert answer.headers["retry-after"] == "5"
