"""How a tenant's contact form looks, and which websites may show it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.cache import cache
from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from typing import Any

LANGUAGES = ("de", "en")
# The texts a tenant may choose, with their greatest length in characters.
TEXTS = {"button": 40, "title": 80, "greeting": 200}
# Seconds for which it is taken to be there, or not.
REMEMBERED = 60
_IS_THERE = "channels.has_contact_form"


class ContactForm(models.Model):
    """The contact form of the tenant: one row, and none where it was never switched on."""

    is_enabled = models.BooleanField(default=False)
    # The websites on which the widget may be, as browsers name them ("https://www.shop.example").
    allowed_origins = models.JSONField(default=list, blank=True)
    # By language, then by name; a text that is missing is the helpdesk's own.
    texts = models.JSONField(default=dict, blank=True)

    class Meta:
        app_label = "channels"
        constraints = [models.CheckConstraint(condition=Q(id=1), name="contact_form_one")]

    def __str__(self) -> str:
        return "Contact form"

    def save(self, *args: Any, **kwargs: Any) -> None:
        super().save(*args, **kwargs)
        cache.delete(_IS_THERE)

    @classmethod
    def current(cls) -> ContactForm:
        """The tenant's own row; one that is switched off, not stored yet, where there is none."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)

    @classmethod
    def is_there(cls) -> bool:
        """Whether customers can use it; remembered for a minute."""
        return bool(cache.get_or_set(_IS_THERE, cls._is_switched_on, REMEMBERED))

    @classmethod
    def switch_on(cls) -> ContactForm:
        """What every new tenant starts with: the page is there, the widget on no website yet."""
        form = cls(pk=1, is_enabled=True)
        form.save()
        return form

    @classmethod
    def _is_switched_on(cls) -> bool:
        return cls.objects.filter(is_enabled=True).exists()

    def allows(self, origin: str) -> bool:
        """Whether a website may show the widget; "null" is none (sandboxed frames, files)."""
        return origin != "null" and origin in self.allowed_origins

    def text(self, name: str, language: str) -> str:
        """The tenant's own text in a language; empty where it has none."""
        found: str = self.texts.get(language, {}).get(name, "")
        return found
