"""The pages and the API of costs."""

from django.urls import path

from costs import api, views

app_name = "costs"
urlpatterns = [
    path("costs/", views.overview, name="overview"),
    path("costs/imports/retry/", views.retry_imports, name="retry-imports"),
    path("costs/runs/<int:run_id>/", views.run, name="run"),
    path("costs/<str:owner>/<str:name>/", views.repository, name="repository"),
    path("api/v1/costs/runs/", api.RunListApi.as_view(), name="api-runs"),
    path(
        "api/v1/costs/repositories/",
        api.RepositoryMonthListApi.as_view(),
        name="api-repositories",
    ),
]
