"""Every URL of the dashboard; each app keeps its own list."""

from django.contrib.auth.decorators import login_required
from django.urls import include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from ghadmin import health

handler400 = "core.error_views.bad_request"
handler404 = "core.error_views.not_found"
handler500 = "core.error_views.server_error"

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="executions:list"), name="home"),
    path("", include("access.urls")),
    path("", include("webhooks.urls")),
    path("", include("executions.urls")),
    path("", include("costs.urls")),
    path("", include("onboarding.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="api-schema"),
    # A page for people: without a session it leads to signing in, not to a 401.
    path(
        "api/docs/",
        login_required(SpectacularSwaggerSplitView.as_view(url_name="api-schema")),
        name="api-docs",
    ),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
]
