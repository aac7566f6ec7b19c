"""Members, team rules, and onboarding by hand."""

from django.urls import path

from onboarding.api import members as members_api
from onboarding.api import onboardings as onboardings_api
from onboarding.views import directory, members, rules
from onboarding.views import onboarding as onboarding_views

app_name = "onboarding"
urlpatterns = [
    path("members/", members.member_list, name="member-list"),
    path("members/export/", members.member_export, name="member-export"),
    path("members/imports/retry/", members.retry_imports, name="member-imports-retry"),
    path("members/<int:organization_id>/<str:key>/", members.member_detail, name="member-detail"),
    path("members/invitations/check/", members.check_invitations, name="member-check"),
    path(
        "members/<int:organization_id>/<str:key>/github/",
        members.member_at_github,
        name="member-github",
    ),
    path(
        "members/<int:organization_id>/<str:key>/chores/<str:kind>/",
        members.member_chore,
        name="member-chore",
    ),
    path("api/v1/members/", members_api.MemberListApi.as_view(), name="api-members"),
    path(
        "api/v1/members/<str:organization>/<int:github_id>/",
        members_api.MemberDetailApi.as_view(),
        name="api-member",
    ),
    path("directory/", directory.directory, name="directory"),
    path("directory/uploads/<uuid:public_id>/", directory.upload, name="directory-upload"),
    path("directory/uploads/<uuid:public_id>/write/", directory.write, name="directory-write"),
    path("team-rules/", rules.editor, name="rules"),
    path("team-rules/teams/", rules.reload_teams, name="rules-teams"),
    path("team-rules/history/", rules.history, name="rules-history"),
    path("team-rules/versions/<int:version>/restore/", rules.restore, name="rules-restore"),
    path("onboard/", onboarding_views.onboard, name="onboard"),
    path("onboard/one/", onboarding_views.onboard_one, name="onboard-one"),
    path("onboard/many/", onboarding_views.onboard_many, name="onboard-many"),
    path("onboard/<uuid:public_id>/", onboarding_views.onboarding, name="onboarding"),
    path("onboard/<uuid:public_id>/result.csv", onboarding_views.result, name="result"),
    path("onboard/<uuid:public_id>/<slug:action>/", onboarding_views.steer, name="steer"),
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
    *(
        path(
            f"api/v1/onboardings/<uuid:public_id>/{turn}/",
            view.as_view(),
            name=f"api-onboarding-{turn}",
        )
        for turn, view in (
            ("start", onboardings_api.OnboardingStartApi),
            ("pause", onboardings_api.OnboardingPauseApi),
            ("resume", onboardings_api.OnboardingResumeApi),
            ("cancel", onboardings_api.OnboardingCancelApi),
            ("retry", onboardings_api.OnboardingRetryApi),
        )
    ),
]
