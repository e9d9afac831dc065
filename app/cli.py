"""The command line ``landprice``."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, Final, NoReturn

import click

from app.commands.language import refusal, translated
from geo.errors import GeoError

_NAMES: Final = (
    *("audit", "basemap", "build", "diff", "editions", "export", "join", "map", "network"),
    *("new-city", "price", "publish", "rollback", "serve", "sheet", "survey", "workbench"),
)


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
        except click.Abort:
            status = 130  # interrupted
        sys.exit(status)


@click.group(cls=_Commands, commands=_OnDemand())
@click.version_option(package_name="zhumadian-landprice")
def main() -> None:
    """Find the standard land price (标定地价) of a coordinate, from the gazette's own words."""
