"""An audit as text for people."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from geo.build.report import LineReport, Report
    from geo.layouts.layouts import Layouts


def report_text(report: Report, *, verbose: bool) -> str:
    """Return a report as text: the verdict, what is new, then sections.

    Parameters
    ----------
    report : Report
    verbose : bool
        Whether to list every parcel, point and line too.
    """
    new = [finding.message for finding in report.findings if not finding.reason]
    known = len(report.findings) - len(new)
    verdict = "passed: every finding is a known exception" if report.passed else "FAILED"
    parts = [
        "\n".join([f"Audit {verdict}", *(f"  NEW  {message}" for message in new)]),
        f"Regions\n{_indented(_regions(report))}",
        f"Lists\n{_indented(_counts(report, known))}",
    ]
    if verbose:
        parts += [f"{title}\n{_indented(lines)}" for title, lines in _lists(report).items()]
    return "\n\n".join(parts)


def _counts(report: Report, known: int) -> Iterator[str]:
    """Say how long the lists are that only a verbose report has."""
    accuracies_m = [line.accuracy_m for line in report.lines]
    yield f"{len(report.lines)} lines, accuracy {np.median(accuracies_m):.0f} m in the median"
    yield f"{len(report.points)} control points, each tried without itself"
    yield f"{known} known findings, {len(report.anomalies)} oddities of the text"
    yield "all of them with --verbose"


def _lists(report: Report) -> dict[str, Iterable[str]]:
    return {
        "Standard parcels' crossings against their regions": _crossings(report),
        "Region area ÷ parcel area": _areas(report),
        "Control points, with and without them (m)": _points(report),
        "Lines, least accurate first (m)": _lines(report),
        "Not read from parcels' locations": report.unread,
        "Oddities of the text": report.anomalies,
        "Known findings": _known(report),
    }


def mixing_text(layouts: Layouts) -> str:
    """Return how many layouts there are, and how well the chains that drew them have mixed."""
    bounding = layouts.is_bounding
    r_hat, effective = layouts.r_hat[bounding], layouts.effective[bounding]
    return (
        f"{layouts.count} layouts; R-hat of the lines: median {np.median(r_hat):.2f}, at most"
        f" {r_hat.max():.2f}; effective layouts: median {np.median(effective):.0f}, at least"
        f" {effective.min():.0f}"
    )


def _indented(lines: Iterable[str]) -> str:
    return "\n".join(f"  {line}" for line in lines) or "  none"


def _regions(report: Report) -> Iterator[str]:
    for sheet in report.sheets:
        gaps = ", ".join(f"{area_m2 / 1e6:.2f} km²" for area_m2 in sheet.gaps) or "none"
        yield (
            f"{sheet.use}: {sheet.regions} regions, {sheet.area_m2 / 1e6:.1f} km²,"
            f" coverage {'valid' if sheet.valid_coverage else 'not valid'},"
            f" enclosed gaps: {gaps}, slivers: {', '.join(sheet.slivers) or 'none'}"
        )
    yield ", ".join(f"{count} {placement}" for placement, count in report.placements.items())
    yield f"floor price = ground price ÷ plot ratio: {report.floor_prices_checked} rows checked"


def _crossings(report: Report) -> Iterator[str]:
    counts = Counter(crossing.place for crossing in report.crossings)
    yield ", ".join(f"{counts[place]} {place}" for place in type(report.crossings[0].place))
    for crossing in report.crossings:
        note = f" ({crossing.note})" if crossing.note else ""
        yield f"{crossing.code}  {crossing.place}: {crossing.location}{note}"


def _areas(report: Report) -> Iterator[str]:
    ratios = sorted(report.area_ratios.items(), key=lambda item: item[1])
    if not ratios:
        return
    yield f"median {ratios[len(ratios) // 2][1]:.0f}; smallest:"
    for code, ratio in ratios[:5]:
        yield f"{code}  {ratio:.1f}"


def _points(report: Report) -> Iterator[str]:
    for point in report.points:
        yield (
            f"{point.id} {point.line}: {point.distance_m:.0f} off the drawn line; left out"
            f" {point.left_out_distance_m:.0f}, accuracy claimed then"
            f" {point.left_out_accuracy_m:.0f}"
        )


def _lines(report: Report) -> Iterator[str]:
    for line in sorted(report.lines, key=lambda line: (-line.accuracy_m, line.name)):
        yield (
            f"{line.accuracy_m:6.0f}  {line.name} ({line.kind}, {line.axis}):"
            f" {line.source}; bounds {line.regions}{_mixing(line)}"
        )


def _mixing(line: LineReport) -> str:
    if line.r_hat is None or line.effective is None:
        return ""
    return f"; R-hat {line.r_hat:.2f}, {line.effective:.0f} effective layouts"


def _known(report: Report) -> Iterator[str]:
    for finding in report.findings:
        if finding.reason:
            yield f"known  {finding.message}"
            yield f"       {finding.reason}"
