"""Settings, read from the environment; complete for development without a single variable."""

import sys
from datetime import UTC, datetime
from pathlib import Path

from helpdesk import embedded, environment
from helpdesk.secret import secret_key

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = environment.folder("HELPDESK_DATA", BASE_DIR / ".data")

DEBUG = environment.switch("HELPDESK_DEBUG", default=False)
SECRET_KEY = environment.text("SECRET_KEY") or secret_key(DATA_DIR)
# Keys of before, the newest first: what was signed or sealed with them can still be read.
SECRET_KEY_FALLBACKS = list(environment.words("SECRET_KEY_FALLBACKS"))
# Which host is served is decided by the Domain table: an unknown one gets a 404.
ALLOWED_HOSTS = ["*"]

PORT = environment.number("HELPDESK_PORT", 8000)
LIVE_PORT = environment.number("HELPDESK_LIVE_PORT", PORT + 1)
SMTP_PORT = environment.number("HELPDESK_SMTP_PORT", 2525)
SINK_PORT = environment.number("HELPDESK_SINK_PORT", SMTP_PORT + 1)
# nice(2): how far the workers stand back behind the web process on the same machine.
WORKER_NICE = environment.number("HELPDESK_WORKER_NICE", 10)
FACEBOOK_PORT = environment.number("HELPDESK_FACEBOOK_PORT", PORT + 2)
BIND = environment.text("HELPDESK_BIND", "127.0.0.1")
# Behind a proxy that serves the live process under a path of the same host, name that path here.
LIVE_URL = environment.text("HELPDESK_LIVE_URL")
HTTPS = environment.switch("HELPDESK_HTTPS", default=False)
# Whether a tenant's own domain may lead into a private network; in development alone.
DOMAIN_CHECK_PRIVATE = environment.switch("HELPDESK_CHECK_PRIVATE_DOMAINS", default=False)
# Where this installation is reached for what belongs to no tenant, e.g. by Meta.
PUBLIC_URL = environment.text("HELPDESK_URL", f"http://localhost:{PORT}").rstrip("/")

SHARED_APPS = ["django_tenants", "tenants", "django.contrib.contenttypes"]
TENANT_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "accounts",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "tickets",
    "faq",
    "forum",
    "sla",
    "billing",
    "channels",
]
INSTALLED_APPS = [
    # First: django-tenants has a command create_tenant too.
    "helpdesk",
    *SHARED_APPS,
    *(app for app in TENANT_APPS if app not in SHARED_APPS),
    "django.contrib.messages",
    "django.contrib.sitemaps",
    "django.contrib.staticfiles",
    "django_htmx",
    "portal",
    "desk",
]
TENANT_MODEL = "tenants.Tenant"
TENANT_DOMAIN_MODEL = "tenants.Domain"
# One SET search_path a request, not one before every query.
TENANT_LIMIT_SET_CALLS = True
PUBLIC_SCHEMA_URLCONF = "helpdesk.public_urls"
DEFAULT_NOT_FOUND_TENANT_VIEW = "tenants.views.unknown_host"

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "helpdesk.http.security_headers",
    "tenants.middleware.TenantMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "helpdesk.http.keep_anchor",
]
ROOT_URLCONF = "helpdesk.urls"
WSGI_APPLICATION = "helpdesk.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "helpdesk.http.page_context",
            ],
            "libraries": {"lucide": "helpdesk.templatetags.icons"},
        },
    },
]

DATABASES = {
    "default": {
        **environment.database(environment.text("DATABASE_URL") or embedded.database_url(DATA_DIR)),
        "ENGINE": "django_tenants.postgresql_backend",
        "CONN_MAX_AGE": 300,
        "CONN_HEALTH_CHECKS": True,
    }
}
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = environment.text("REDIS_URL") or embedded.redis_url(DATA_DIR)
CACHES = {
    # What Redis cannot keep while it is away is kept in PostgreSQL: rate limits go on holding.
    "default": {
        "BACKEND": "tenants.cache.DurableCache",
        "LOCATION": REDIS_URL,
        "KEY_FUNCTION": "django_tenants.cache.make_key",
    },
    "fallback": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "tenants_cache",
        "KEY_FUNCTION": "django_tenants.cache.make_key",
        # A full cache drops entries, and with them the limits they count.
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    },
}

STORAGES = {
    "default": {"BACKEND": "django_tenants.files.storage.TenantFileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
MEDIA_ROOT = DATA_DIR / "media"
MULTITENANT_RELATIVE_MEDIA_ROOT = "%s"
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "helpdesk.bundles.BundleFinder",
]

# Attachments above this size go to a temporary file while a form is read.
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_HANDLERS = [
    "helpdesk.uploads.QuotaHandler",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.PersonBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "name")},
    },
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "portal:home"
# Where agents and tenant admins land instead.
DESK_URL = "desk:queue"
ACCOUNT_LOGOUT_REDIRECT_URL = "portal:home"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD: str | None = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
# Keys are rows of the tenant's schema: a signed id would open the same id of every tenant.
ACCOUNT_EMAIL_CONFIRMATION_HMAC = False
# Only in the browser that gave the right password (accounts.adapter).
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "accounts.tokens.PasswordTokenGenerator"  # noqa: S105
# No mail to whoever's address somebody types in, and one to the owner when the password changes.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
# Mails that somebody has us send to whatever address they type: their own, or a team's.
ACCOUNT_RATE_LIMITS = {"manage_email": "10/m/user,50/d/user"}
ACCOUNT_FORMS = {
    "login": "accounts.forms.LoginForm",
    "signup": "accounts.forms.SignupForm",
    "reset_password": "accounts.forms.ResetPasswordForm",
}
# How long after a proof of who they are somebody may change what protects their account.
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
MFA_ADAPTER = "accounts.second_factor.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_FORMS = {
    "add_webauthn": "accounts.passkeys.AddPasskeyForm",
    "edit_webauthn": "accounts.passkeys.EditPasskeyForm",
}
# A clock may be half a minute off.
MFA_TOTP_TOLERANCE = 1
# Browsers give passkeys to https, and to localhost where this is developed.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
ALLAUTH_TRUSTED_PROXY_COUNT = environment.number("HELPDESK_PROXIES", 0)

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-sessionid" if HTTPS else "sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken" if HTTPS else "csrftoken"
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "SAMEORIGIN"

LANGUAGE_CODE = "de"
LANGUAGES = [("de", "Deutsch"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Europe/Berlin"
USE_TZ = True
FORMAT_MODULE_PATH = ["helpdesk.formats"]

# Django's mail API stores a row; the outbox sends it. The connection below is the outbox's.
EMAIL_BACKEND = "channels.email.backend.OutboxBackend"
_SMTP = environment.smtp(environment.text("EMAIL_URL") or f"smtp://127.0.0.1:{SINK_PORT}")
EMAIL_HOST = _SMTP["EMAIL_HOST"]
EMAIL_PORT = _SMTP["EMAIL_PORT"]
EMAIL_HOST_USER = _SMTP["EMAIL_HOST_USER"]
EMAIL_HOST_PASSWORD = _SMTP["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS = _SMTP["EMAIL_USE_TLS"]
EMAIL_USE_SSL = _SMTP["EMAIL_USE_SSL"]
EMAIL_TIMEOUT = 20
# Whose Authentication-Results are believed: the authserv-ids of our own edge.
TRUSTED_AUTHSERV_IDS = environment.words("HELPDESK_AUTHSERV_IDS")

# One app at Meta for the whole installation; without its secret the channel is not set up.
FACEBOOK_APP_ID = environment.text("FACEBOOK_APP_ID")
FACEBOOK_APP_SECRET = environment.text("FACEBOOK_APP_SECRET")
FACEBOOK_VERIFY_TOKEN = environment.text("FACEBOOK_VERIFY_TOKEN")
FACEBOOK_GRAPH_URL = environment.text("FACEBOOK_GRAPH_URL", "https://graph.facebook.com")
FACEBOOK_GRAPH_VERSION = environment.text("FACEBOOK_GRAPH_VERSION", "v26.0")
# Where people sign in to connect a page.
FACEBOOK_DIALOG_URL = environment.text("FACEBOOK_DIALOG_URL", "https://www.facebook.com")
# Asked for when a page is connected, besides those we need ourselves.
FACEBOOK_EXTRA_PERMISSIONS = environment.words("FACEBOOK_EXTRA_PERMISSIONS")
# Where attachments may be fetched from: these hosts and all below them.
FACEBOOK_FILE_HOSTS = environment.words("FACEBOOK_FILE_HOSTS") or ("fbcdn.net", "fbsbx.com")

CELERY_BROKER_URL = embedded.broker_url(REDIS_URL)
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "socket_connect_timeout": 2,
    "socket_timeout": 5,
    # Publishing gives up at once, not after kombu's six seconds: a person is waiting for the page.
    # The worker's own connection goes on trying (BROKER_CONNECTION_MAX_RETRIES).
    "max_retries": 0,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES: int | None = None
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SOFT_TIME_LIMIT = 120
CELERY_TASK_TIME_LIMIT = 150
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# Celery itself would close the database connection before and after each task, and a new one costs
# more than most tasks do; `helpdesk.celery` closes those that are old or broken.
CELERY_DB_REUSE_MAX = sys.maxsize
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    "sla.sweep": {"queue": "sweep"},
    "channels.sweep": {"queue": "sweep"},
    "billing.sweep": {"queue": "sweep"},
}
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"
CELERY_BEAT_MAX_LOOP_INTERVAL = 5
# "Last run" long ago: what came due while beat was away is looked for as soon as it is back.
_SWEEP = {
    "schedule": 30,
    "options": {"expires": 25},
    "last_run_at": datetime(1970, 1, 1, tzinfo=UTC),
}
CELERY_BEAT_SCHEDULE = {
    "flag what is due": {"task": "sla.sweep", **_SWEEP},
    "find what got lost": {"task": "channels.sweep", **_SWEEP},
    "end, announce and bill": {"task": "billing.sweep", **_SWEEP},
    "tidy exports": {"task": "accounts.sweep", "schedule": 600, "options": {"expires": 300}},
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"tenant": {"()": "tenants.logs.TenantFilter"}},
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s [%(tenant)s] %(name)s: %(message)s"}
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "filters": ["tenant"],
            "formatter": "line",
        }
    },
    "root": {"handlers": ["console"], "level": environment.text("HELPDESK_LOG_LEVEL", "INFO")},
    "loggers": {
        "django": {"level": "INFO"},
        "celery": {"level": "WARNING"},
        # At INFO they write down each address they call, with the tokens in it.
        "httpx": {"level": "WARNING"},
        "httpcore": {"level": "WARNING"},
    },
}
TEST_RUNNER = "django.test.runner.DiscoverRunner"
