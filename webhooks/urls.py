"""GitHub's way in, the pages and the API of deliveries."""

from django.urls import path

from webhooks import api, views

app_name = "webhooks"
urlpatterns = [
    path("webhooks/github/", views.receive, name="receive"),
    # Whoever left out the slash would be redirected, and GitHub follows no redirect.
    path("webhooks/github", views.receive),
    path("deliveries/", views.delivery_list, name="list"),
    path("deliveries/<uuid:guid>/", views.delivery_detail, name="detail"),
    path("deliveries/<uuid:guid>/retry/", views.delivery_retry, name="retry"),
    path("deliveries/<uuid:guid>/replay/", views.delivery_replay, name="replay-one"),
    path("deliveries/replay/", views.replay_request, name="replay"),
    path("deliveries/replays/<uuid:public_id>/", views.replay_detail, name="replay-detail"),
    path("deliveries/recovery/", views.recovery, name="recovery"),
    path("deliveries/recovery/compare/", views.recovery_compare, name="recovery-compare"),
    path("deliveries/recovery/back-fill/", views.recovery_backfill, name="recovery-backfill"),
    path("deliveries/set-up/", views.set_up, name="set-up"),
    path("deliveries/routing/", views.routing_table, name="routing"),
    path(
        "deliveries/routing/<slug:event>/<slug:action>/", views.route_filter, name="route-filter"
    ),
    path("deliveries/installations/", views.installation_list, name="installations"),
    path(
        "deliveries/installations/confirm/",
        views.installation_confirm,
        name="installations-confirm",
    ),
    path("api/v1/deliveries/", api.DeliveryListApi.as_view(), name="api-list"),
    path("api/v1/deliveries/<uuid:guid>/", api.DeliveryDetailApi.as_view(), name="api-detail"),
    path(
        "api/v1/deliveries/<uuid:guid>/replay/",
        api.DeliveryReplayApi.as_view(),
        name="api-replay",
    ),
]
