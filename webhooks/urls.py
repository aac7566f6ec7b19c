"""GitHub's way in, the pages and the API of deliveries."""

from django.urls import path

from webhooks import api, views

app_name = "webhooks"
urlpatterns = [
    path("webhooks/github/", views.receive, name="receive"),
    path("deliveries/", views.delivery_list, name="list"),
    path("deliveries/<uuid:guid>/", views.delivery_detail, name="detail"),
    path("deliveries/<uuid:guid>/retry/", views.delivery_retry, name="retry"),
    path("api/v1/deliveries/", api.DeliveryListApi.as_view(), name="api-list"),
    path("api/v1/deliveries/<uuid:guid>/", api.DeliveryDetailApi.as_view(), name="api-detail"),
]
