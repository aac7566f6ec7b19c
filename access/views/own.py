"""Signing in and out, the password, and one's API tokens."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import views as auth_views
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from access import selectors, services
from access.enums import Role
from access.forms import TokenForm
from access.roles import needs
from core.errors import NotFound


class SignedInRequest(HttpRequest):
    """A request past LoginRequiredMiddleware, for the type checker."""

    user: User


def client_address(request: HttpRequest) -> str:
    """Say where a request comes from, past as many proxies as are ours."""
    hops = request.headers.get("X-Forwarded-For", "").split(",")
    hops = [hop.strip() for hop in hops if hop.strip()] + [str(request.META["REMOTE_ADDR"])]
    trusted: int = settings.TRUSTED_PROXIES
    return hops[-1 - min(trusted, len(hops) - 1)]


@method_decorator(needs(Role.VIEWER, to="sign in"), name="dispatch")
class SignIn(auth_views.LoginView):
    """The one open page. Tries are counted before the password is looked at."""

    template_name = "access/sign_in.html"
    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        now = timezone.now()
        try:
            services.admit_sign_in(account=self._account(), address=self._address(), now=now)
        except services.TooManySignIns as error:
            wait_s = max(1, int((error.retry_at - now).total_seconds()))
            context = {"form": AuthenticationForm(request), "retry_at": error.retry_at}
            response = render(request, self.template_name, self._extended(context), status=429)
            response["Retry-After"] = str(wait_s)
            return response
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        services.forgive_sign_in(account=self._account(), address=self._address())
        return super().form_valid(form)

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def _extended(self, context: dict[str, Any]) -> dict[str, Any]:
        return {self.redirect_field_name: self.get_redirect_url(), **context}

    def _account(self) -> str:
        return self.request.POST.get("username", "")

    def _address(self) -> str:
        return client_address(self.request)


@method_decorator(needs(Role.VIEWER, to="change your own password"), name="dispatch")
class ChangePassword(auth_views.PasswordChangeView):
    """A new password; every other session of the account ends."""

    template_name = "access/password.html"
    success_url = reverse_lazy("access:password")

    def form_valid(self, form: Any) -> HttpResponse:
        messages.success(self.request, "Your password is changed. Other sessions were signed out.")
        return super().form_valid(form)

    def form_invalid(self, form: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)


@needs(Role.VIEWER, to="create a token of your own")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def token_list(request: SignedInRequest) -> HttpResponse:
    """List one's tokens; POST creates one and shows its secret in the answer, once.

    No redirect after the POST: the secret would have to be kept somewhere on the way. A reload
    creates nothing, since the name is taken.
    """
    now = timezone.now()
    form = TokenForm(request.POST or None)
    secret = created = None
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                created, secret = services.issue_token(
                    user=request.user,
                    name=form.cleaned_data["name"],
                    lifetime=form.lifetime,
                    now=now,
                )
            except services.TokenNameTaken as error:
                form.add_error("name", str(error))
            else:
                form, status = TokenForm(), 201
    context = {
        "form": form,
        "created": created,
        "secret": secret,
        "tokens": selectors.tokens_of(user=request.user, now=now),
    }
    return render(request, "access/token_list.html", context, status=status)


@needs(Role.VIEWER, to="revoke a token of your own")
@require_POST
def token_revoke(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Delete one of one's tokens."""
    try:
        name = services.revoke_token(user=request.user, public_id=public_id)
    except NotFound:
        messages.info(request, "That token was revoked already.")
    else:
        messages.success(request, f"Revoked “{name}”. Whatever used it is refused from now on.")
    return redirect("access:token-list")
