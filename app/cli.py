"""The command line ``landprice``."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click

from app.commands.language import refusal, translated
from geo.errors import GeoError

if TYPE_CHECKING:
    from types import FrameType

_NAMES: Final = (
    "appraise",
    "audit",
    "basemap",
    "build",
    "certificate",
    "compare",
    "diff",
    "editions",
    "export",
    "join",
    "map",
    "network",
    "new-city",
    "portfolio",
    "price",
    "publish",
    "rollback",
    "serve",
    "sheet",
    "survey",
    "workbench",
)
_SERVICES: Final = frozenset({"serve", "workbench"})  # which uvicorn ends, in its own way


class _Ended(KeyboardInterrupt):
    """The end that a signal asks for, which comes as Ctrl-C does.

    Parameters
    ----------
    number : int
        Of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


class _OnDemand(Mapping[str, click.Command]):
    """The commands, each imported when it is looked up: most are slow to import."""

    def __getitem__(self, name: str) -> click.Command:
        if name not in _NAMES:
            raise KeyError(name)
        module = import_module(f"app.commands.{name.replace('-', '_')}")
        command: click.Command = module.command
        return translated(command)

    def __iter__(self) -> Iterator[str]:
        return iter(_NAMES)

    def __len__(self) -> int:
        return len(_NAMES)


class _Commands(click.Group):
    """Turns bad usage and the product's errors into one sentence on stderr and exit status 2."""

    def main(self, *args: Any, **kwargs: Any) -> NoReturn:  # noqa: ANN401
        status = 2
        try:
            result = super().main(*args, **{**kwargs, "standalone_mode": False})
            status = result if isinstance(result, int) else 0
        except click.exceptions.NoArgsIsHelpError as help_text:
            click.echo(help_text.format_message(), err=True)
        except click.ClickException as error:
            click.echo(f"landprice: {refusal('usage', error.format_message())}", err=True)
        except GeoError as error:
            click.echo(f"landprice: {refusal(error.code, str(error))}", err=True)
        except click.Abort as error:
            cause = error.__cause__
            status = 128 + (cause.number if isinstance(cause, _Ended) else signal.SIGINT)
        sys.exit(status)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        found = super().resolve_command(ctx, args)
        if found[0] not in _SERVICES:
            ctx.with_resource(_ending_as_by_ctrl_c())
        return found


@contextmanager
def _ending_as_by_ctrl_c() -> Iterator[None]:
    """Have the signals by which systems end programs let them clean up; ignored ones stay so."""
    numbers = [
        number
        for number in (signal.SIGTERM, signal.SIGHUP)
        if signal.getsignal(number) == signal.SIG_DFL
    ]

    def end(number: int, _: FrameType | None) -> NoReturn:
        for one in numbers:
            signal.signal(one, signal.SIG_IGN)  # it is ending
        raise _Ended(number)

    for number in numbers:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in numbers:
            signal.signal(number, signal.SIG_DFL)


@click.group(cls=_Commands, commands=_OnDemand())
@click.version_option(package_name="zhumadian-landprice")
def main() -> None:
    """Find the standard land price (标定地价) of a coordinate, from the gazette's own words."""
