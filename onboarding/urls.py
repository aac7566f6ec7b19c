"""Members, team rules, and onboarding by hand."""

from django.urls import URLPattern

app_name = "onboarding"
urlpatterns: list[URLPattern] = []
