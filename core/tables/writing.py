"""CSV for spreadsheets."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

from django.http import StreamingHttpResponse

from core.tables.formulas import defused

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"


class _Line:
    """Hands on what a csv writer writes."""

    def write(self, text: str) -> str:
        return text


def csv_lines(rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """Write rows as lines of CSV, formulas defused, None as an empty cell.

    The first line begins with a byte order mark, without which Excel takes UTF-8 for Latin-1.
    """
    writer: Any = csv.writer(_Line())
    mark = BYTE_ORDER_MARK
    for row in rows:
        yield mark + writer.writerow(
            defused(cell) if isinstance(cell, str) else cell for cell in row
        )
        mark = ""


def csv_response(rows: Iterable[Iterable[object]], *, name: str) -> StreamingHttpResponse:
    """Answer with rows as a CSV file, sent while they are being read.

    Args:
        rows: As `csv_lines` takes them.
        name: Of the file, without its ending.
    """
    return StreamingHttpResponse(
        csv_lines(rows),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )
