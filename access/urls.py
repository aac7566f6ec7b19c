"""URLs of the app."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from access import views
from access.enums import Role
from access.roles import needs

app_name = "access"
urlpatterns = [
    path("sign-in/", views.SignIn.as_view(), name="login"),
    path("sign-out/", needs(Role.VIEWER, to="sign out")(LogoutView.as_view()), name="logout"),
    path("account/password/", views.ChangePassword.as_view(), name="password"),
    path("account/tokens/", views.token_list, name="token-list"),
    path("account/tokens/<uuid:public_id>/revoke/", views.token_revoke, name="token-revoke"),
    path("accounts/", views.account_list, name="account-list"),
    # A name made by a command may have any character.
    path("accounts/<path:username>/<slug:action>/", views.account_change, name="account-change"),
    path("audit/", views.change_list, name="change-list"),
]
