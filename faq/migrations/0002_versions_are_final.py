"""What an article said stays what it said: in the database a version never changes."""

from django.db import migrations

CONTENT = ["id", "article_id", "number", "title", "text", "created_at"]

CREATE = f"""
CREATE FUNCTION article_versions_are_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Version % of article % is final.', OLD.number, OLD.article_id
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER article_versions_are_final BEFORE UPDATE ON faq_articleversion FOR EACH ROW
    WHEN (({", ".join("OLD." + name for name in CONTENT)})
          IS DISTINCT FROM ({", ".join("NEW." + name for name in CONTENT)}))
    EXECUTE FUNCTION article_versions_are_final();
"""
REMOVE = """
DROP TRIGGER article_versions_are_final ON faq_articleversion;
DROP FUNCTION article_versions_are_final;
"""


class Migration(migrations.Migration):
    dependencies = [("faq", "0001_initial")]

    operations = [migrations.RunSQL(CREATE, REMOVE)]
