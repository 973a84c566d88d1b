from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "billing"
    verbose_name = "Billing"

    def ready(self) -> None:
        from billing import own_data
        from billing import receivers as _receivers  # noqa: F401  (connects them)

        own_data.register()
