from django.db import migrations

# Until now what came too late for its page was ignored for good, and is still there.
PARK = """
UPDATE channels_inboundrecord SET status = 'parked', processed_at = NULL
WHERE channel = 'facebook' AND status = 'ignored' AND error = 'the page is not connected'
"""
IGNORE = "UPDATE channels_inboundrecord SET status = 'ignored' WHERE status = 'parked'"


class Migration(migrations.Migration):
    dependencies = [
        ("channels", "0008_parked_records"),
    ]

    operations = [migrations.RunSQL(PARK, IGNORE)]
