from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tickets", "0003_calls")]

    operations = [
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("status", "unclear")),
                fields=["sent_at"],
                name="message_unclear",
            ),
        ),
    ]
