from django.apps import AppConfig


class TicketsConfig(AppConfig):
    name = "tickets"
    verbose_name = "Tickets"

    def ready(self) -> None:
        from tickets import own_data, receivers  # noqa: F401  (connects them)

        own_data.register()
