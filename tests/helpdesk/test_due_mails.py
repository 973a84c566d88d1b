"""What is to be mailed at a moment, row by row."""

from __future__ import annotations

from datetime import timedelta

from django.utils.timezone import now

from channels.rating.models import RatingMail
from helpdesk.due_mails import mail_each
from tests.factories import open_ticket

LATER = timedelta(hours=1)


def test_a_mail_that_cannot_be_written_waits_and_stops_no_other(tenant, caplog):
    due = now() - timedelta(minutes=3)
    rows = [
        RatingMail.objects.create(ticket=open_ticket(), mail_at=due + timedelta(minutes=place))
        for place in range(3)
    ]
    first, broken, last = (row.pk for row in rows)
    mailed = []

    def mail(pk):
        if pk == broken:
            raise ValueError("No word comes out.")
        mailed.append(pk)
        return pk == last

    before = now()
    assert mail_each(RatingMail.objects.all().due(), mail, again_after=LATER) == 1

    assert mailed == [first, last]
    rows[1].refresh_from_db()
    assert before + LATER <= rows[1].mail_at <= now() + LATER
    assert f"The mail of RatingMail {broken} could not be written" in caplog.text
