"""The product's own URLs, and one page that shows every component beside its states."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import include, path
from django.utils import timezone

FIGURE = {
    "data": [
        {
            "type": "bar",
            "name": name,
            "x": ["2026-11-20", "2026-11-21", "2026-11-22"],
            "y": [1.5 + index, 2.25, 0.75 * index],
            "marker": {"color": f"--g-chart-{index}"},
        }
        for index, name in enumerate(["linux", "windows", "macos", "gpu"], start=1)
    ],
    "layout": {"barmode": "stack", "yaxis": {"tickprefix": "$"}},
}


def gallery(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    return render(
        request,
        "gallery.html",
        {
            "as_of": datetime(2026, 11, 23, 12, 3, 5, tzinfo=UTC),
            "recently": now - timedelta(minutes=4),
            "statuses": [
                *("SUCCEEDED", "RUNNING", "waiting", "FAILED", "TIMED_OUT"),
                *("ABORTED", "caught", "skipped", "ignored", "odd"),
            ],
            "rows": [
                SimpleNamespace(
                    name="build (ubuntu-latest)", cost=Decimal("0.0123456"), minutes=3, s=125
                ),
                SimpleNamespace(name="test (macos-14-xlarge)", cost=None, minutes=1204, s=4325.5),
            ],
            "document": {
                "run": {"id": 42, "name": "<b>CI</b>"},
                "ok": True,
                "cost": "0.012",
                "none": None,
            },
            "chips": [
                {"label": "All", "url": "?", "is_active": True, "count": "1,204"},
                {"label": "Failed", "url": "?status=failed", "is_active": False, "count": 3},
            ],
            "figure": FIGURE,
        },
    )


def figure(request: HttpRequest) -> JsonResponse:
    return JsonResponse(FIGURE)


TICKS: dict[str, Any] = {"tag": "1", "text": "running"}


def live(request: HttpRequest) -> HttpResponse:
    if request.headers.get("HX-PTag") == TICKS["tag"]:
        return HttpResponse(status=304)
    response = render(request, "live.html", TICKS)
    response["HX-PTag"] = TICKS["tag"]
    return response


def failing(request: HttpRequest) -> HttpResponse:
    return HttpResponse("<p>This body must not be swapped in.</p>", status=409)


urlpatterns = [
    path("gallery/", gallery),
    path("gallery/figure/", figure, name="gallery-figure"),
    path("gallery/live/", live, name="gallery-live"),
    path("gallery/failing/", failing, name="gallery-failing"),
    path("", include("ghadmin.urls")),
]
