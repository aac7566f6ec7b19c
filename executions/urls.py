"""URLs of the app."""

from django.urls import URLPattern, URLResolver

app_name = "executions"
urlpatterns: list[URLPattern | URLResolver] = []
