"""URLs of the app."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from access import views

app_name = "access"
urlpatterns = [
    path("sign-in/", views.SignIn.as_view(), name="login"),
    path("sign-out/", LogoutView.as_view(), name="logout"),
    path("account/password/", views.ChangePassword.as_view(), name="password"),
    path("account/tokens/", views.token_list, name="token-list"),
    path("account/tokens/<uuid:public_id>/revoke/", views.token_revoke, name="token-revoke"),
]
