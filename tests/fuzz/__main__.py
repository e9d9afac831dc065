"""Fuzzes one target, guided by what its code does: ``python -m tests.fuzz TARGET``.

What it finds is written to a folder, one input a place in the code, and it goes on.
"""

from __future__ import annotations

import sys
import traceback
from pathlib import Path
from time import process_time
from typing import Final

import atheris
import click

with atheris.instrument_imports(include=["app", "geo"]):
    from tests.fuzz.targets import TARGETS
from tests.fuzz.seeds import seeds

SLOW_S: Final = 1.0
_HANGS_S: Final = 60
_MEMORY_MB: Final = 4_000
_OWN: Final = ("app", "geo")


@click.command()
@click.argument("target", type=click.Choice(sorted(TARGETS)))
@click.option("--seconds", default=60, show_default=True, help="How long to go on.")
@click.option("--seed", default=1, show_default=True, help="Of the fuzzer's chance.")
@click.option("--found", type=click.Path(path_type=Path), required=True, help="Where findings go.")
def main(target: str, seconds: int, seed: int, found: Path) -> None:
    """Fuzz one target."""
    corpus = found / "corpus" / target
    corpus.mkdir(parents=True, exist_ok=True)
    for number, content in enumerate(seeds(target)):
        (corpus / f"seed{number}").write_bytes(content)
    read = TARGETS[target].read
    for content in seeds(target):
        read(content)  # fills the caches, which is slow once

    def run(content: bytes) -> None:
        began_s = process_time()
        try:
            read(content)
        except BaseException as error:  # a panic of Rust is no Exception
            _keep(found / target, _name(error), content, traceback.format_exc())
        else:
            if (taken_s := process_time() - began_s) > SLOW_S:
                _keep(found / target, "slow", content, f"{taken_s:.1f} s")

    options = {
        "max_total_time": seconds,
        "seed": seed,
        "timeout": _HANGS_S,
        "rss_limit_mb": _MEMORY_MB,
        "max_len": 20_000,
        "artifact_prefix": f"{found / target}.",
        "print_final_stats": 1,
    }
    arguments = [f"-{name}={value}" for name, value in options.items()]
    atheris.Setup([sys.argv[0], *arguments, str(corpus)], run)
    atheris.Fuzz()


def _name(error: BaseException) -> str:
    """Return where in the product an error came from."""
    frames = traceback.extract_tb(error.__traceback__)
    root = Path(__file__).parents[2]
    own = [f for f in frames if any(Path(f.filename).is_relative_to(root / one) for one in _OWN)]
    place = own[-1] if own else frames[-1]
    return f"{type(error).__name__}-{Path(place.filename).stem}-{place.lineno}"


def _keep(folder: Path, name: str, content: bytes, told: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / name).exists():
        (folder / name).write_bytes(content)
        (folder / f"{name}.txt").write_text(told, encoding="utf-8")


if __name__ == "__main__":
    main()
