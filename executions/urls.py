"""The pages and the API of executions."""

from django.urls import path

from executions import api, views

app_name = "executions"
urlpatterns = [
    path("executions/", views.execution_list, name="list"),
    path("executions/find/", views.execution_find, name="find"),
    path("executions/<uuid:public_id>/", views.execution_detail, name="detail"),
    path("executions/<uuid:public_id>/events/", views.execution_events, name="events"),
    path("executions/<uuid:public_id>/retry/", views.execution_retry, name="retry"),
    path("api/v1/executions/", api.ExecutionListApi.as_view(), name="api-list"),
    path(
        "api/v1/executions/<uuid:public_id>/", api.ExecutionDetailApi.as_view(), name="api-detail"
    ),
    path(
        "api/v1/executions/<uuid:public_id>/history/",
        api.ExecutionHistoryApi.as_view(),
        name="api-history",
    ),
    path(
        "api/v1/executions/<uuid:public_id>/steps/",
        api.ExecutionStepsApi.as_view(),
        name="api-steps",
    ),
    path(
        "api/v1/executions/<uuid:public_id>/retry/",
        api.ExecutionRetryApi.as_view(),
        name="api-retry",
    ),
]
