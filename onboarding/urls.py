"""Members, team rules, and onboarding by hand."""

from django.urls import path

from onboarding.api import onboardings as onboardings_api

app_name = "onboarding"
urlpatterns = [
    path(
        "api/v1/onboardings/",
        onboardings_api.OnboardingListApi.as_view(),
        name="api-onboardings",
    ),
    path(
        "api/v1/onboardings/<uuid:public_id>/",
        onboardings_api.OnboardingDetailApi.as_view(),
        name="api-onboarding",
    ),
    path(
        "api/v1/onboardings/<uuid:public_id>/retry/",
        onboardings_api.OnboardingRetryApi.as_view(),
        name="api-onboarding-retry",
    ),
]
