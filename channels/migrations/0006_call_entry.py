from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("channels", "0005_rating_mails"),
    ]

    operations = [
        migrations.AddField(
            model_name="callback",
            name="entry_start",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="callback",
            name="entry_end",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="callback",
            name="entry_sequence",
            field=models.PositiveIntegerField(default=0),
        ),
    ]
