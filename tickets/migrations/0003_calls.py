from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tickets", "0002_merge"),
    ]

    operations = [
        migrations.AlterField(
            model_name="event",
            name="kind",
            field=models.CharField(
                choices=[
                    ("opened", "Opened"),
                    ("message", "Message"),
                    ("state", "State"),
                    ("assigned", "Assignment"),
                    ("promise", "Promise"),
                    ("delivery", "Delivery"),
                    ("confirmed", "Sender confirmed"),
                    ("linked", "Customer"),
                    ("channel", "Channel"),
                    ("merged", "Merge"),
                    ("call", "Call"),
                ],
                max_length=10,
            ),
        ),
    ]
