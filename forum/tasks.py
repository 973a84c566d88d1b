from celery import shared_task

from forum import mails
from tenants.queue import TenantTask


@shared_task(name="forum.mail_followers", base=TenantTask)
def mail_followers() -> None:
    """Mail followers what is new; running this twice mails it once."""
    mails.mail_due()
