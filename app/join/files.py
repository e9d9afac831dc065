"""The join of files of points with an edition: each row with its answers, in a new file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.join.kinds import FileKind, file_kind, kind_of
from app.join.one_file import FileJoin
from app.join.rows import JoinCounts, RowAnswers
from geo.atomic.files import atomic_path, is_free
from geo.errors import TableError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from app.join.rows import MakeAppended, Question
    from geo.lookup.edition import OpenEdition

    Advance = Callable[[int], None]
    _Files = tuple[tuple[Path, Path], ...]


@dataclass(frozen=True, slots=True)
class JoinPlan:
    """A join of which everything was checked that can be beforehand.

    Attributes
    ----------
    target : Path
    files : tuple of pair of Path
        What is read, and what is written: the target, or a path in it if it is a folder.
    rows : int or None
        Number of rows of all files; CSV does not say.
    make : callable
        Makes what is appended to each file.
    remarks : tuple of str
        What the user should know of how files are read, and which are not.
    """

    target: Path
    files: _Files
    rows: int | None
    make: MakeAppended
    remarks: tuple[str, ...] = ()


def plan_join(
    source: Path,
    target: Path,
    edition: OpenEdition,
    question: Question,
    make: MakeAppended = RowAnswers,
) -> JoinPlan:
    """Decide what is read and written, and refuse early what cannot be.

    Parameters
    ----------
    source : Path
        A file, or a folder of files of one kind.
    target : Path
        A file of any kind; for a folder, a folder that is missing or empty, to hold files of the
        same names.
    edition : OpenEdition
    question : Question
    make : callable, optional
        Makes what is appended to each file; if it is not given, the prices.

    Raises
    ------
    TableError
        The names do not say which kinds the files are, the target may not be written, or a file is
        damaged or has no coordinates, another CRS or other columns than it must.
    """
    if source.is_dir() and kind_of(source) is None:
        files, remark = _folder_files(source, target)
    else:
        _check_target(source, target)
        files, remark = ((source, target),), ""
    joins = [FileJoin(*pair, edition, question, make) for pair in files]
    rows = [join.rows for join in joins]
    remarks = dict.fromkeys(filter(None, (remark, *(join.remark for join in joins))))
    total = None if None in rows else sum(filter(None, rows))
    return JoinPlan(target, files, total, make, tuple(remarks))


def run_join(
    plan: JoinPlan, edition: OpenEdition, question: Question, advance: Advance
) -> JoinCounts:
    """Write the target of a plan atomically.

    Parameters
    ----------
    plan : JoinPlan
    edition : OpenEdition
    question : Question
    advance : callable
        Told how many more rows are written.

    Raises
    ------
    TableError
        A file is damaged, or cannot be written as what it is to be.
    OSError
        The target cannot be written.
    """
    counts = JoinCounts()
    with atomic_path(plan.target) as path:
        for source, target in plan.files:
            to = path / target.relative_to(plan.target)
            to.parent.mkdir(exist_ok=True)
            counts += join_file(source, to, edition, question, advance, plan.make)
    return counts


def join_file(
    source: Path,
    target: Path,
    edition: OpenEdition,
    question: Question,
    advance: Advance,
    make: MakeAppended = RowAnswers,
) -> JoinCounts:
    """Write one file; after an error, only a part of it.

    Parameters
    ----------
    source, target : Path
        Files of the kinds that their names say.
    edition : OpenEdition
    question : Question
    advance : callable
        Told how many more rows are written.
    make : callable, optional
        Makes what is appended; if it is not given, the prices.

    Raises
    ------
    TableError
        As `run_join`.
    OSError
        The target cannot be written.
    """
    join = FileJoin(source, target, edition, question, make)
    join.write(advance)
    return join.counts


def _folder_files(source: Path, target: Path) -> tuple[_Files, str]:
    """Return the files of a folder that are joined, and which are not."""
    if not is_free(target):
        raise TableError(f"{target} is there already; name a folder that is not, or is empty.")
    shown = sorted(path for path in source.iterdir() if path.name[0] not in "._")
    found = [path for path in shown if kind_of(path) is not None]
    kinds = {file_kind(path) for path in found}
    if len(kinds) != 1:
        what = f"files of {len(kinds)} kinds ({', '.join(sorted(kinds))})"
        what = what if kinds else f"no files that end in {', '.join(FileKind)}"
        raise TableError(f"{source} has {what}; it must have files of one kind.")
    names = [path.name for path in shown if path not in found and not _is_part(path, found)]
    remark = f"Passed over in {source}: {', '.join(names)}." if names else ""
    return tuple((path, target / path.name) for path in found), remark


def _is_part(path: Path, found: Sequence[Path]) -> bool:
    """Tell whether a file is one of those that make up a Shapefile."""
    return path.is_file() and any(
        kind_of(one) is FileKind.SHAPEFILE and path.name.startswith(f"{one.stem}.") for one in found
    )


def _check_target(source: Path, target: Path) -> None:
    kind = kind_of(target)
    if target.is_dir() and kind is not FileKind.GEODATABASE:
        raise TableError(f"{target} is a folder, and {source.name} is a file; name a file.")
    if target.exists() and target.samefile(source):
        raise TableError(f"{target} is the file to read; name another one to write.")
    if target.exists() and kind is not None and kind.is_several_files:
        raise TableError(f"{target} is there already; name one that is not.")
