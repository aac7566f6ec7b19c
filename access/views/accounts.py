"""Everybody's accounts and roles, for administrators."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from access import selectors, services
from access.enums import Role
from access.forms import AccountForm, RoleForm
from access.roles import needs
from core.errors import Conflict, NotFound


@needs(Role.ADMIN, to="create an account", also_to_read=True)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def account_list(request: HttpRequest) -> HttpResponse:
    """List the accounts; POST creates one and shows its first password in the answer, once."""
    form = AccountForm(request.POST or None)
    if request.method != "POST":
        return _page(request, form=form)
    if form.is_valid():
        password = services.new_password()
        try:
            user = services.create_account(
                username=form.cleaned_data["username"],
                role=form.cleaned_data["role"],
                password=password,
            )
        except services.UsernameTaken as error:
            form.add_error("username", str(error))
        else:
            return _page(
                request,
                status=HTTPStatus.CREATED,
                revealed={"username": user.username, "password": password, "is_new": True},
            )
    return _page(request, form=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)


@needs(Role.ADMIN, to="change an account", also_to_read=True)
@never_cache
@require_POST
def account_change(request: HttpRequest, username: str, action: str) -> HttpResponse:
    """Give a role, shut or open an account, or make it another password."""
    try:
        if action == "role":
            form = RoleForm(request.POST)
            if not form.is_valid():
                messages.warning(request, "There is no such role.")
                return redirect("access:account-list")
            role = form.cleaned_data["role"]
            services.set_role(username=username, role=role)
            messages.success(request, f"{username} is {role.label.lower()} now.")
        elif action in {"shut", "open"}:
            services.set_active(username=username, is_active=action == "open")
            told = "may sign in again" if action == "open" else "is signed out and kept out"
            messages.success(request, f"{username} {told}.")
        elif action == "password":
            password = services.new_password()
            services.reset_password(username=username, password=password)
            return _page(
                request, revealed={"username": username, "password": password, "is_new": False}
            )
        else:
            raise Http404
    except NotFound as error:
        raise Http404(str(error)) from error
    except Conflict as error:
        messages.warning(request, str(error))
    return redirect("access:account-list")


def _page(
    request: HttpRequest,
    *,
    form: AccountForm | None = None,
    revealed: dict[str, Any] | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    context = {
        "form": form or AccountForm(),
        "revealed": revealed,
        "accounts": selectors.accounts(seen_by=request.user),  # type: ignore[arg-type]
        "roles": list(Role),
    }
    return render(request, "access/account_list.html", context, status=status)
