from celery import shared_task

from channels import arrivals, groups, intake, notices, outbox
from channels import sweep as channels_sweep
from channels.facebook import files, health, people, wall_lookup, withdrawals
from channels.models import FacebookPage
from tenants.queue import TenantTask


@shared_task(name="channels.process_inbound", base=TenantTask)
def process_inbound(record_id: int) -> None:
    """Take a stored message in; running this twice takes it in once."""
    intake.process(record_id)


@shared_task(name=arrivals.TAKE_GROUPS, base=TenantTask)
def take_groups(role: str = "") -> None:
    """Take in what waits in groups; running this twice, or at once, takes it in once."""
    groups.take_groups(role)


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


@shared_task(name="channels.facebook_files", base=TenantTask)
def facebook_files(object_id: int) -> None:
    """Fetch the attachments of a direct message; running this twice fetches them once."""
    files.fetch(object_id)


@shared_task(name="channels.facebook_name", base=TenantTask)
def facebook_name(person_id: int) -> None:
    """Ask Facebook for a person's name; running this twice asks once."""
    people.look_up(person_id)


@shared_task(name="channels.check_facebook_page", base=TenantTask)
def check_facebook_page(page_id: int) -> None:
    """Look at how a page is; running this twice looks twice."""
    if page := FacebookPage.objects.all().connected().filter(pk=page_id).first():
        health.check_quietly(page)


@shared_task(name="channels.facebook_withdrawals")
def facebook_withdrawals() -> None:
    """Do what people have asked for at Facebook, in every tenant; runs in the public schema."""
    withdrawals.work()


@shared_task(name="channels.facebook_context", base=TenantTask)
def facebook_context(object_id: int) -> None:
    """Ask Facebook for what a comment hangs below; running this twice asks once."""
    wall_lookup.fetch_context(object_id)
