from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("channels", "0007_facebook_asked_customer"),
    ]

    operations = [
        migrations.AlterField(
            model_name="inboundrecord",
            name="status",
            field=models.CharField(
                choices=[
                    ("received", "Received"),
                    ("processed", "Processed"),
                    ("duplicate", "Duplicate"),
                    ("bounce", "Bounce"),
                    ("ignored", "Ignored"),
                    ("parked", "Waits for its page"),
                    ("quarantined", "In quarantine"),
                ],
                default="received",
                max_length=11,
            ),
        ),
        migrations.AddIndex(
            model_name="inboundrecord",
            index=models.Index(
                condition=models.Q(("status", "parked")),
                fields=["received_at"],
                name="inbound_parked",
            ),
        ),
    ]
