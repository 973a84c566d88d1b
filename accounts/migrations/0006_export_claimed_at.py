from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_notification_list"),
    ]

    operations = [
        migrations.AddField(
            model_name="dataexport",
            name="claimed_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
