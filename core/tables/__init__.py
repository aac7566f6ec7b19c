"""Tables that people upload: bytes of a CSV or XLSX file in, rows of clean texts out.

What cannot be read at all raises `TableUnreadable` with a sentence for whoever uploaded it; what is
wrong in one cell becomes a `Problem` that names row and column, and the other rows are read on. Rows
bear the number that a spreadsheet shows beside them. Formulas are never worked out nor passed on: a
cell that holds one is a problem, and `csv_lines` defuses what goes back into a spreadsheet.
"""

from core.tables.columns import find_columns, folded_name
from core.tables.formulas import defused, is_formula
from core.tables.reading import read_table
from core.tables.table import (
    Limits,
    Problem,
    Row,
    Table,
    TableTooLarge,
    TableUnreadable,
    column_letter,
)
from core.tables.writing import csv_lines, csv_response

__all__ = [
    "Limits",
    "Problem",
    "Row",
    "Table",
    "TableTooLarge",
    "TableUnreadable",
    "column_letter",
    "csv_lines",
    "csv_response",
    "defused",
    "find_columns",
    "folded_name",
    "is_formula",
    "read_table",
]
