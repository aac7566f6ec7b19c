"""The pages and the API of executions."""

from django.urls import path

from executions import api, views

app_name = "executions"
urlpatterns = [
    path("executions/", views.execution_list, name="list"),
    path("executions/find/", views.execution_find, name="find"),
    path("executions/deadlines/", views.execution_deadlines, name="deadlines"),
    path("executions/export.csv", views.execution_export, name="export"),
    path("executions/failures/", views.failure_list, name="failure-list"),
    path(
        "executions/failures/<uuid:public_id>/acknowledge/",
        views.failure_acknowledge,
        name="failure-acknowledge",
    ),
    path("executions/mirror/", views.mirror_state, name="mirror"),
    path("executions/retries/", views.bulk_list, name="bulk-list"),
    path("executions/retries/new/", views.bulk_new, name="bulk-new"),
    path("executions/retries/<uuid:public_id>/", views.bulk_detail, name="bulk-detail"),
    path("executions/retries/<uuid:public_id>/cancel/", views.bulk_cancel, name="bulk-cancel"),
    path("executions/retries/<uuid:public_id>/items.csv", views.bulk_export, name="bulk-export"),
    path("executions/start/", views.start_choose, name="start-choose"),
    path("executions/start/<slug:state_machine>/", views.start_by_hand, name="start"),
    path("executions/starts/<uuid:public_id>/", views.start_detail, name="start-detail"),
    path("executions/<uuid:public_id>/", views.execution_detail, name="detail"),
    path("executions/<uuid:public_id>/events/", views.execution_events, name="events"),
    path("executions/<uuid:public_id>/history.json", views.history_export, name="history-export"),
    path("executions/<uuid:public_id>/steps/<int:number>/", views.step_detail, name="step"),
    path(
        "executions/<uuid:public_id>/steps/<int:number>/iterations/<int:index>/",
        views.iteration_detail,
        name="iteration",
    ),
    path("executions/<uuid:public_id>/retry/", views.execution_retry, name="retry"),
    path("executions/<uuid:public_id>/stop/", views.execution_stop, name="stop"),
    path("executions/<uuid:public_id>/start-anew/", views.execution_start_anew, name="start-anew"),
    path("api/v1/executions/", api.ExecutionListApi.as_view(), name="api-list"),
    path("api/v1/executions/deadlines/", api.DeadlineListApi.as_view(), name="api-deadlines"),
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
    path(
        "api/v1/executions/<uuid:public_id>/retries/",
        api.ExecutionRetriesApi.as_view(),
        name="api-retries",
    ),
    path(
        "api/v1/executions/<uuid:public_id>/stop/",
        api.ExecutionStopApi.as_view(),
        name="api-stop",
    ),
    path("api/v1/failures/", api.FailureListApi.as_view(), name="api-failure-list"),
    path("api/v1/failures/<uuid:public_id>/", api.FailureDetailApi.as_view(), name="api-failure"),
    path(
        "api/v1/failures/<uuid:public_id>/acknowledge/",
        api.FailureAcknowledgeApi.as_view(),
        name="api-failure-acknowledge",
    ),
    path("api/v1/mirror/", api.MirrorApi.as_view(), name="api-mirror"),
    path("api/v1/starts/", api.StartApi.as_view(), name="api-start-list"),
    path("api/v1/starts/<uuid:public_id>/", api.StartDetailApi.as_view(), name="api-start"),
    path("api/v1/retries/", api.BulkListApi.as_view(), name="api-bulk-list"),
    path("api/v1/retries/<uuid:public_id>/", api.BulkDetailApi.as_view(), name="api-bulk"),
    path(
        "api/v1/retries/<uuid:public_id>/items/", api.BulkItemsApi.as_view(), name="api-bulk-items"
    ),
    path(
        "api/v1/retries/<uuid:public_id>/cancel/",
        api.BulkCancelApi.as_view(),
        name="api-bulk-cancel",
    ),
]
