from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ForumConfig(AppConfig):
    name = "forum"
    verbose_name = "Forum"

    def ready(self) -> None:
        from accounts import privacy
        from forum import privacy as own

        privacy.register(
            privacy.Section("forum", _("Forum"), own.export, files=own.files, erase=own.erase)
        )
