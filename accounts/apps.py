from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "Accounts"

    def ready(self) -> None:
        from accounts import own_data
        from accounts import receivers as _receivers  # noqa: F401  (connects them)

        own_data.register()
