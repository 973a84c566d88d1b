from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FaqConfig(AppConfig):
    name = "faq"
    verbose_name = "FAQ"

    def ready(self) -> None:
        from accounts import privacy as people
        from faq import privacy

        people.register(
            people.Section("faq", _("Votes on articles"), privacy.export, erase=privacy.erase)
        )
