"""How the forum is arranged: categories, and whose posts are held back."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import ProtectedError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from desk.forum_forms import CategoryForm, ForumSettingsForm
from desk.page import desk_page
from forum.models import Category, ForumSettings
from helpdesk.http import Request, tenant_admin_required


@require_http_methods(["GET", "HEAD", "POST"])
@tenant_admin_required
def settings(request: Request) -> HttpResponse:
    """The categories in their order, and how many first posts are held back."""
    current = ForumSettings.current()
    form = ForumSettingsForm(request.POST if request.method == "POST" else None, instance=current)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("The forum's settings are saved."))
        return redirect("desk:forum_settings")
    context = {"form": form, "categories": Category.objects.in_order().with_latest()}
    status = 422 if form.errors else 200
    return desk_page(request, "desk/settings/forum.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@tenant_admin_required
def new_category(request: Request) -> HttpResponse:
    return _edit(request, Category(position=Category.objects.count() + 1))


@require_http_methods(["GET", "HEAD", "POST"])
@tenant_admin_required
def category(request: Request, pk: int) -> HttpResponse:
    """Show and change one category."""
    return _edit(request, get_object_or_404(Category, pk=pk))


@require_POST
@tenant_admin_required
def delete_category(request: Request, pk: int) -> HttpResponse:
    """Remove an empty category; what holds topics stays until they are moved."""
    found = get_object_or_404(Category, pk=pk)
    try:
        found.delete()
    except ProtectedError:
        messages.error(
            request,
            _("“%(name)s” holds topics. Please move them to another category first.")
            % {"name": found},
        )
        return redirect("desk:forum_category", pk)
    messages.success(request, _("The category “%(name)s” is removed.") % {"name": found})
    return redirect("desk:forum_settings")


def _edit(request: Request, found: Category) -> HttpResponse:
    form = CategoryForm(request.POST if request.method == "POST" else None, instance=found)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("The category “%(name)s” is saved.") % {"name": found})
        return redirect("desk:forum_settings")
    context = {
        "form": form,
        "category": found,
        "has_topics": bool(found.pk) and found.topics.exists(),
    }
    status = 422 if form.errors else 200
    return desk_page(request, "desk/settings/forum_category.html", context, status=status)
