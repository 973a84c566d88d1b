from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0001_initial"),
    ]

    operations = [
        migrations.AlterField(
            model_name="wakeup",
            name="kind",
            field=models.CharField(
                choices=[
                    ("promises", "Promises"),
                    ("inbox", "Inbox"),
                    ("outbox", "Outbox"),
                    ("billing", "Billing"),
                ],
                max_length=10,
            ),
        ),
    ]
