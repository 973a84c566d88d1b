"""Law 2 in the database: the terms of a promise never change, only its outcome is written."""

from django.db import migrations

TERMS = [
    "ticket_id",
    "kind",
    "reason",
    "tier_id",
    "minutes",
    "calendar_version_id",
    "started_at",
    "due_at",
    "is_guaranteed",
    "priority",
    "made_at",
]

CREATE = f"""
CREATE FUNCTION promise_terms_are_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The terms of promise % are final.', OLD.id
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER promise_terms_are_final BEFORE UPDATE ON sla_promise FOR EACH ROW
    WHEN (({", ".join("OLD." + name for name in TERMS)})
          IS DISTINCT FROM ({", ".join("NEW." + name for name in TERMS)}))
    EXECUTE FUNCTION promise_terms_are_final();
"""

DROP = """
DROP TRIGGER promise_terms_are_final ON sla_promise;
DROP FUNCTION promise_terms_are_final();
"""


class Migration(migrations.Migration):
    dependencies = [("sla", "0001_initial")]
    operations = [migrations.RunSQL(CREATE, DROP)]
