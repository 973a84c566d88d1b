from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sla", "0003_warnings_and_successors"),
    ]

    operations = [
        migrations.AddField(
            model_name="supporttier",
            name="is_offered",
            field=models.BooleanField(db_default=True, default=True),
        ),
    ]
