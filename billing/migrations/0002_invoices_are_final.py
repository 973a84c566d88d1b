"""Law 7 in the database: an invoice never changes and is never removed, and numbers have no gap."""

from django.db import migrations

# What an invoice says; all but its outcome (`Invoice.OUTCOME`).
CONTENT = [
    "id",
    "kind",
    "year",
    "sequence",
    "number",
    "organisation_id",
    "run_id",
    "month",
    "issued_on",
    "due_on",
    "made_at",
    "currency",
    "is_gross",
    "net",
    "vat",
    "gross",
    "supplier",
    "customer",
    "lines",
    "taxes",
    "language",
    "cancels_id",
]

CREATE = f"""
CREATE FUNCTION invoices_are_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Invoice % is final.', OLD.number
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER invoices_are_final BEFORE UPDATE ON billing_invoice FOR EACH ROW
    WHEN (({", ".join("OLD." + name for name in CONTENT)})
          IS DISTINCT FROM ({", ".join("NEW." + name for name in CONTENT)})
          OR (OLD.cancelled_at IS NOT NULL AND OLD.cancelled_at IS DISTINCT FROM NEW.cancelled_at)
          OR (OLD.pdf_sha256 <> '' AND OLD.pdf_sha256 <> NEW.pdf_sha256))
    EXECUTE FUNCTION invoices_are_final();
CREATE TRIGGER invoices_stay BEFORE DELETE ON billing_invoice FOR EACH ROW
    EXECUTE FUNCTION invoices_are_final();

CREATE FUNCTION invoice_numbers_have_no_gap() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last integer;
BEGIN
    EXECUTE format('SELECT max(sequence) FROM %I.billing_invoice WHERE year = $1', TG_TABLE_SCHEMA)
        INTO last USING NEW.year;
    IF NEW.sequence <> COALESCE(last, 0) + 1 THEN
        RAISE EXCEPTION 'Number % does not follow %.', NEW.sequence, COALESCE(last, 0)
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER invoice_numbers_have_no_gap BEFORE INSERT ON billing_invoice FOR EACH ROW
    EXECUTE FUNCTION invoice_numbers_have_no_gap();
"""  # noqa: S608 (names of columns alone)

DROP = """
DROP TRIGGER invoice_numbers_have_no_gap ON billing_invoice;
DROP TRIGGER invoices_stay ON billing_invoice;
DROP TRIGGER invoices_are_final ON billing_invoice;
DROP FUNCTION invoice_numbers_have_no_gap();
DROP FUNCTION invoices_are_final();
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_initial")]
    operations = [migrations.RunSQL(CREATE, DROP)]
