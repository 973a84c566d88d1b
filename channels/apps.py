from django.apps import AppConfig


class ChannelsConfig(AppConfig):
    name = "channels"
    verbose_name = "Channels"

    def ready(self) -> None:
        from channels import in_portal, own_data, receivers  # noqa: F401  (connects them)
        from channels.callback import receivers as callback  # noqa: F401
        from channels.rating import receivers as rating  # noqa: F401
        from channels.sharing import receivers as sharing  # noqa: F401

        own_data.register()
