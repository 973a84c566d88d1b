"""The FAQ's categories: their names and their order."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count, ProtectedError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from desk.faq_forms import CategoryForm
from desk.page import desk_page
from faq import services
from faq.models import Category
from helpdesk.http import Request, agent_required


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required
def categories(request: Request) -> HttpResponse:
    """All categories, and a form for another one."""
    form = CategoryForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        services.add_category(form.instance)
        messages.success(request, _("The category “%(name)s” is saved.") % {"name": form.instance})
        return redirect("desk:faq_categories")
    found = Category.objects.annotate(size=Count("articles"))
    context = {"categories": found, "form": form}
    status = 422 if form.errors else 200
    return desk_page(request, "desk/faq/categories.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required
def category(request: Request, pk: int) -> HttpResponse:
    """Change one; its address stays, so that links go on leading there."""
    found = get_object_or_404(Category, pk=pk)
    form = CategoryForm(request.POST if request.method == "POST" else None, instance=found)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("The category “%(name)s” is saved.") % {"name": found})
        return redirect("desk:faq_categories")
    context = {"category": found, "form": form, "size": found.articles.count()}
    status = 422 if form.errors else 200
    return desk_page(request, "desk/faq/category.html", context, status=status)


@require_POST
@agent_required
def delete_category(request: Request, pk: int) -> HttpResponse:
    """Remove a category without articles."""
    found = get_object_or_404(Category, pk=pk)
    try:
        found.delete()
    except ProtectedError:
        messages.error(request, _("It still has articles. Move them to another category first."))
        return redirect("desk:faq_category", pk)
    messages.success(request, _("The category “%(name)s” is removed.") % {"name": found})
    return redirect("desk:faq_categories")
