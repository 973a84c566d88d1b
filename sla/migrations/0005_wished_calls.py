from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sla", "0004_tier_is_offered"),
    ]

    operations = [
        migrations.AlterField(
            model_name="promise",
            name="reason",
            field=models.CharField(
                choices=[
                    ("opened", "Ticket opened"),
                    ("upgraded", "Support level raised"),
                    ("follow_up", "Customer wrote again"),
                    ("kept_open", "Left open after an answer"),
                    ("reopened", "Ticket opened again"),
                    ("merged", "Tickets merged"),
                    ("channel", "Channel changed"),
                    ("confirmed", "Sender confirmed"),
                    ("linked", "Sender joined their organisation"),
                    ("wish", "Call at a preferred time"),
                ],
                max_length=10,
            ),
        ),
    ]
