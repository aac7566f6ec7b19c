"""The pages of the company directory that comes from files."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from access.enums import Role
from access.roles import needs
from core import directory as company
from core.errors import DomainError
from core.tables import TableUnreadable
from ghkit.directory import FIELDS
from onboarding.directory_files import LABELS, LIMITS, SPELLINGS
from onboarding.enums import DirectoryMode
from onboarding.selectors import directory as selectors
from onboarding.services import directory as services

if TYPE_CHECKING:
    from uuid import UUID

    from access.views import SignedInRequest

_COLUMNS = [(LABELS[name], ", ".join(spellings[:3])) for name, spellings in SPELLINGS.items()]


@needs(Role.ADMIN, to="upload a company directory")
@require_http_methods(["GET", "HEAD", "POST"])
def directory(request: SignedInRequest) -> HttpResponse:
    """List the uploads; POST takes a file, and shows why where it cannot be read."""
    problem = ""
    if request.method == "POST":
        file = request.FILES.get("file")
        if file is None:
            problem = "Choose a file."
        elif file.size and file.size > LIMITS.max_bytes:
            # Said before it is read into memory.
            problem = (
                f"{file.name} has {file.size / 2**20:,.1f} MB; at most"
                f" {LIMITS.max_bytes // 2**20} MB are read. Keep the columns that are needed, or"
                " split it and add the parts one after the other."
            )
        else:
            try:
                upload = services.store_upload(
                    content=file.read(),
                    filename=file.name or "unnamed",
                    user=request.user,
                    now=timezone.now(),
                )
            except TableUnreadable as exc:
                problem = str(exc)
            else:
                return redirect("onboarding:directory-upload", upload.public_id)
    context = {
        "problem": problem,
        "uploads": selectors.latest_uploads(),
        "columns": _COLUMNS,
        "provider": company.provider(),
        "max_mb": LIMITS.max_bytes // 2**20,
        "max_rows": LIMITS.max_rows,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK
    return render(request, "onboarding/directory.html", context, status=status)


@require_safe
def upload(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Show what a file holds, what is wrong in it, and how far its writing is."""
    row = _found(public_id)
    tag = row.tag
    if request.headers.get("HX-PTag") == tag:
        return HttpResponse(status=HTTPStatus.NOT_MODIFIED)
    context = {"row": row, "tag": tag, "labels": [LABELS[name] for name in FIELDS]}
    template = "onboarding/directory_upload.html"
    if request.headers.get("HX-Request"):
        template += "#progress"
    response = render(request, template, context)
    response["HX-PTag"] = tag
    return response


@needs(Role.ADMIN, to="write the company directory")
@require_POST
def write(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    row = _found(public_id)
    mode = request.POST.get("mode", "")
    if mode not in DirectoryMode.values:
        messages.error(request, "Say whether to add to the directory or to replace it.")
        return redirect("onboarding:directory-upload", public_id)
    try:
        services.request_write(upload=row.upload, mode=mode, user=request.user, now=timezone.now())
    except DomainError as exc:
        messages.error(request, str(exc))
    return redirect("onboarding:directory-upload", public_id)


def _found(public_id: UUID) -> selectors.UploadRow:
    row = selectors.find_upload(public_id)
    if row is None:
        message = "There is no such upload."
        raise Http404(message)
    return row
