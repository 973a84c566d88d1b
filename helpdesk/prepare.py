"""What comes before the first page: translations, static files, migrations, demo data."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.migrations.loader import MigrationLoader
from django_tenants.utils import get_public_schema_name, get_tenant_model

from helpdesk import environment
from helpdesk.demo.greeting import send_greeting
from helpdesk.embedded.place import write_private
from helpdesk.messages import compile_messages

DATABASE_PATIENCE = 60.0
# What no waiting changes: a wrong password, a role or database that is not there.
HOPELESS = ("authentication failed", "does not exist")
DEMO = "demo"


class PrepareError(Exception):
    """The helpdesk cannot be prepared; the message is one line for a person."""


def everything(*, is_demo: bool = False) -> list[str]:
    """Prepare files and database; return the schemas that were migrated.

    Raises PrepareError with one line for a database that does not answer.
    """
    prepare_files()
    wait_for_database()
    migrated = migrate()
    load_demo(is_asked_for=is_demo)
    return migrated


def prepare_files() -> None:
    """Compile translations and collect static files where they changed."""
    compile_messages()
    collect_static()


def collect_static() -> bool:
    """Collect the static files unless nothing changed since the last time; say whether it did."""
    stamp = settings.DATA_DIR / "static.stamp"
    wanted = _static_fingerprint()
    if stamp.exists() and stamp.read_text() == wanted and Path(settings.STATIC_ROOT).is_dir():
        return False
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    write_private(stamp, wanted)
    return True


def _static_fingerprint() -> str:
    """A digest of every static file's name, size and time."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            found = Path(storage.path(path)).stat()
            digest.update(f"{path}\0{found.st_size}\0{found.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def wait_for_database(patience: float = DATABASE_PATIENCE) -> None:
    """Wait until the database answers; raises PrepareError after `patience` seconds."""
    end = time.monotonic() + patience
    while True:
        try:
            connection.ensure_connection()
        except OperationalError as error:
            reason = str(error).strip().splitlines()[0]
            if time.monotonic() > end or any(word in reason for word in HOPELESS):
                raise PrepareError(f"The database does not answer: {reason}") from error
            time.sleep(0.05)
        else:
            return


def migrate() -> list[str]:
    """Migrate the schemas that lack a migration; return their names.

    One query a schema tells; migrate_schemas itself takes half a second for each.
    """
    public = get_public_schema_name()
    wanted = set(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)
    migrated = []
    if _lacks(public, wanted):
        call_command("migrate_schemas", shared=True, interactive=False, verbosity=0)
        migrated.append(public)
    tenants = get_tenant_model().objects.exclude(schema_name=public)
    for schema in tenants.order_by("schema_name").values_list("schema_name", flat=True):
        if _lacks(schema, wanted):
            call_command(
                "migrate_schemas", tenant=True, schema_name=schema, interactive=False, verbosity=0
            )
            migrated.append(schema)
    return migrated


def _lacks(schema: str, wanted: set[tuple[str, str]]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM pg_tables WHERE schemaname = %s AND tablename = 'django_migrations'",
            [schema],
        )
        if cursor.fetchone() is None:
            return True
        table = f"{connection.ops.quote_name(schema)}.django_migrations"
        cursor.execute(f"SELECT app, name FROM {table}")  # noqa: S608 (a quoted schema)
        return not wanted <= set(cursor.fetchall())


def load_demo(*, is_asked_for: bool) -> bool:
    """Load the demo data when asked for, or into an empty installation; say whether it did."""
    public = get_public_schema_name()
    is_empty = not get_tenant_model().objects.exclude(schema_name=public).exists()
    if not is_asked_for and not (is_empty and is_demo_wanted()):
        return False
    call_command("demo", verbosity=0)
    return True


def is_demo_wanted() -> bool:
    """HELPDESK_DEMO=0 keeps an empty installation empty and an old demo as it is."""
    return environment.switch("HELPDESK_DEMO", default=True)


def has_demo() -> bool:
    return bool(get_tenant_model().objects.filter(slug=DEMO).exists())


def refresh_demo() -> None:
    """Bring an existing demo to the present, and let what is new come in by the real doors."""
    if is_demo_wanted() and has_demo():
        # Loaded when the first page is there already: the start waits for nothing of it.
        from helpdesk.demo.facebook import open_page

        call_command("demo", verbosity=0)
        send_greeting()
        open_page()
