"""What the templates print, made ready: addresses, columns, lines, figures."""

from costs.presenting.choices import (
    Choice,
    MonthChoice,
    execution_url,
    measure_choices,
    month_choice,
    page_url,
    repository_url,
    run_url,
    sku_choices,
)
from costs.presenting.figures import days_figure, months_figure, repositories_figure
from costs.presenting.runs import (
    AttemptLine,
    JobRow,
    RunLine,
    attempt_line,
    job_row,
    minutes_of,
    run_line,
)
from costs.presenting.tables import (
    Cell,
    Others,
    TableRow,
    columns,
    others_of,
    places_for,
    table_rows,
)

__all__ = [
    "AttemptLine",
    "Cell",
    "Choice",
    "JobRow",
    "MonthChoice",
    "Others",
    "RunLine",
    "TableRow",
    "attempt_line",
    "columns",
    "days_figure",
    "execution_url",
    "job_row",
    "measure_choices",
    "minutes_of",
    "month_choice",
    "months_figure",
    "others_of",
    "page_url",
    "places_for",
    "repositories_figure",
    "repository_url",
    "run_line",
    "run_url",
    "sku_choices",
    "table_rows",
]
