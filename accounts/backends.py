"""Who signs in, and who asks: django-allauth's rules, and one query for what every page shows."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce

from accounts.models import User
from accounts.notification_models import Notification


class PersonBackend(AuthenticationBackend):  # type: ignore[misc]  # allauth is not typed
    """Loads the person of a session together with the number beside their bell."""

    def get_user(self, user_id: Any) -> User | None:
        """The person, or None when they are gone or may no longer sign in."""
        unread = Notification.objects.filter(user=OuterRef("pk")).unread().order_by()
        count = unread.values("user").annotate(count=Count("pk")).values("count")
        people = User.objects.get_queryset().annotate(unread=Coalesce(Subquery(count), 0))
        user = people.filter(pk=user_id).first()
        if user is None or not self.user_can_authenticate(user):
            return None
        user.unread_news = user.unread  # type: ignore[attr-defined]  # annotated
        return user
