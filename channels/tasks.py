from celery import shared_task

from channels import intake, notices, outbox
from channels import sweep as channels_sweep
from tenants.queue import TenantTask


@shared_task(name="channels.process_inbound", base=TenantTask)
def process_inbound(record_id: int) -> None:
    """Take a stored message in; running this twice takes it in once."""
    intake.process(record_id)


@shared_task(name="channels.process_waiting", base=TenantTask)
def process_waiting() -> None:
    """Take in what waits for its next try, or whose task got lost."""
    channels_sweep.process_waiting()


@shared_task(name="channels.send_message", base=TenantTask)
def send_message(message_id: int) -> None:
    """Send a ticket's message; running this twice sends it once."""
    outbox.send_message(message_id)


@shared_task(name="channels.send_mail", base=TenantTask)
def send_mail(mail_id: int) -> None:
    """Send a mail that is no ticket's message; running this twice sends it once."""
    outbox.send_mail(mail_id)


@shared_task(name="channels.mail_notices", base=TenantTask)
def mail_notices() -> None:
    """Mail agents what they are to be told; running this twice mails it once."""
    notices.mail_due()


@shared_task(name="channels.send_waiting", base=TenantTask)
def send_waiting() -> None:
    """Send what waits for its next try, or whose task got lost."""
    channels_sweep.send_waiting()


@shared_task(name="channels.sweep")
def sweep() -> None:
    """Find what waits in every tenant that asked; runs in the public schema."""
    channels_sweep.sweep()
