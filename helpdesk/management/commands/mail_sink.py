"""manage.py mail_sink: store outgoing mail as files instead of sending it."""

from django.core.management.base import BaseCommand

from helpdesk import mail_sink


class Command(BaseCommand):
    help = "Take mail on 127.0.0.1:HELPDESK_SINK_PORT and store it under the data folder's mail/."
    requires_system_checks = ()

    def handle(self, *args: object, **options: object) -> None:
        mail_sink.main()
