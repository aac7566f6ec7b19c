"""Every setting, read from the environment; docs/configuration.md says what each one means.

A name ending in `_FILE` gives the path of a file that holds the value (for secrets). Defaults suit
a checkout on a developer's machine; core/checks.py names what is half set and stops the start.
"""

import sys
from pathlib import Path

import environ

from ghadmin.logging import configure_structlog

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.FileAwareEnv()


def secret(name: str) -> str:
    """Return a secret as it is: `env.str` would look up what follows a leading `$`.

    A file's closing newline belongs to the file.
    """
    return str(env.ENVIRON.get(name, "")).rstrip("\r\n")


DEBUG = env.bool("DEBUG", default=False)
# No default: core.checks stops web and worker without it, while `show_history` needs no setting.
SECRET_KEY = secret("SECRET_KEY")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# GitHub

GITHUB_API_URL = env.str("GITHUB_API_URL", default="https://api.github.com")
GITHUB_APP_ID = env.str("GITHUB_APP_ID", default="")
# In one line, as environments like it, a PEM's newlines are written as \\n.
GITHUB_APP_PRIVATE_KEY = secret("GITHUB_APP_PRIVATE_KEY").replace("\\n", "\n")
GITHUB_ORG = env.str("GITHUB_ORG", default="")
# GitHub's limit for an organisation; 50 while it is younger than a month and on a free plan.
GITHUB_INVITATIONS_PER_DAY = env.int("GITHUB_INVITATIONS_PER_DAY", default=500)
GITHUB_WEBHOOK_SECRET = secret("GITHUB_WEBHOOK_SECRET")
GITHUB_WEBHOOK_SECRET_OLD = secret("GITHUB_WEBHOOK_SECRET_OLD")  # also accepted, while rotating

# The company directory, where it is an HTTP service; the Lambdas have settings of their own.
COMPANY_DIRECTORY_URL = env.str("COMPANY_DIRECTORY_URL", default="")
COMPANY_DIRECTORY_TOKEN = secret("COMPANY_DIRECTORY_TOKEN")
COMPANY_DIRECTORY_FIELDS = env.str("COMPANY_DIRECTORY_FIELDS", default="")

# How often GitHub's delivery log is compared with what arrived, and how fast deliveries are asked for
# again: GitHub advises a second between requests that change something.
RECOVERY_EVERY_S = env.float("RECOVERY_EVERY_S", default=300)
GITHUB_REDELIVERIES_PER_MINUTE = env.float("GITHUB_REDELIVERIES_PER_MINUTE", default=60)
DELIVERY_BODY_RETENTION_DAYS = env.int("DELIVERY_BODY_RETENTION_DAYS", default=90)
DELIVERY_RETENTION_DAYS = env.int("DELIVERY_RETENTION_DAYS", default=400)

# How often GitHub's list of invitations is compared with the records.
INVITATION_CHECK_MINUTES = env.int("INVITATION_CHECK_MINUTES", default=15)

# AWS

AWS_ENDPOINT_URL = env.str("AWS_ENDPOINT_URL", default="") or None
AWS_REGION = env.str("AWS_REGION", default="us-east-1")
GHADMIN_STACK = env.str("GHADMIN_STACK", default="ghadmin")

# The account's bucket for StartExecution, and the equal one for RedriveExecution: Step Functions
# Developer Guide, "Quotas", read 2026-11-23.
_HAS_LARGE_BUCKETS = AWS_REGION in {"us-east-1", "us-west-2", "eu-west-1"}
AWS_BUCKET_SIZE = env.int("AWS_BUCKET_SIZE", default=1_300 if _HAS_LARGE_BUCKETS else 800)
AWS_BUCKET_PER_S = env.float("AWS_BUCKET_PER_S", default=300 if _HAS_LARGE_BUCKETS else 150)
# Histories of successes that are kept each second; 0 leaves them to AWS, which forgets them.
MIRROR_ARCHIVE_PER_S = env.float("MIRROR_ARCHIVE_PER_S", default=5.0)

# Application

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "ghadmin.apps.StaticFilesConfig",
    "django.contrib.humanize",
    "django_htmx",
    "django_structlog",
    "template_partials.apps.SimpleAppConfig",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "core",
    "access",
    "executions",
    "costs",
    "onboarding",
    "webhooks",
    "ghadmin",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "core.middleware.ContentSecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "core.middleware.DatabaseBusyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "access.middleware.SignInRequiredMiddleware",
    "access.middleware.RoleMiddleware",
    "core.middleware.MethodNotAllowedMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "ghadmin.urls"
WSGI_APPLICATION = "ghadmin.wsgi.application"
# How many pages one web process makes at once; the webhook endpoint needs none of them.
WEB_THREADS = env.int("WEB_THREADS", default=8)

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "access.context.may",
            ],
            # As in Django 6, where partials need no {% load %}.
            "builtins": ["template_partials.templatetags.partials"],
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    [
                        (
                            "django.template.loaders.cached.Loader",
                            [
                                "django.template.loaders.filesystem.Loader",
                                "django.template.loaders.app_directories.Loader",
                            ],
                        )
                    ],
                )
            ],
        },
    }
]

# Database. SQLite has one writer: take its lock at BEGIN rather than in mid-transaction, wait five
# seconds for it, and sync every commit, because an answered delivery must be on disk.

DATABASES = {
    "default": env.db_url("DATABASE_URL", default=f"sqlite:///{BASE_DIR / 'ghadmin.sqlite3'}")
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 5,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
    }
else:
    DATABASES["default"] |= {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}
    DATABASES["default"].setdefault("OPTIONS", {}).update(
        connect_timeout=5,
        # A host that is gone without a word is noticed within so long, not after a quarter of an hour.
        tcp_user_timeout=10_000,
        keepalives_idle=10,
        keepalives_interval=5,
        keepalives_count=2,
        # Of statements that ask for it: one does, the webhook endpoint's.
        prepare_threshold=5,
    )
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Accounts. A page is closed unless its view says @login_not_required; access.roles says who may change what.

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "access:login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "access:login"

# HTTP

HTTPS = env.bool("HTTPS", default=False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# How many proxies of ours add to X-Forwarded-For; what stands further left, a client may have written.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)
SECURE_REDIRECT_EXEMPT = ["^healthz$", "^readyz$", "^metrics$"]  # asked by the machine next door
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 60 * 60
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
# DATA_UPLOAD_MAX_MEMORY_SIZE stays at Django's 2.5 MB: the webhook view alone takes more, and reads its
# body by itself.

# REST

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "access.authentication.BearerTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["access.permissions.RoleAllows"],
    "DEFAULT_RENDERER_CLASSES": ["core.rendering.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "core.api.CursorPagination",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "core.api.handle_exception",
    "PAGE_SIZE": 50,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "ghadmin",
    "DESCRIPTION": "The control room of a GitHub organisation.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["access.permissions.RoleAllows"],
    # Three of them are fields called "status", in several answers each.
    "ENUM_NAME_OVERRIDES": {
        "ExecutionStatusEnum": "executions.enums.ExecutionStatus",
        "StepStatusEnum": "executions.enums.StepStatus",
        "OrderStatusEnum": "executions.enums.OrderStatus",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "core.api_schema.describe_errors",
    ],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "defaultModelsExpandDepth": -1},
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

# Work. The rows are the work; a message only wakes a worker, so the broker may lose it.

CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="filesystem://")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Celery would connect to the database anew for every task; celery.py leaves it to CONN_MAX_AGE.
CELERY_DB_REUSE_MAX = sys.maxsize
if CELERY_BROKER_URL.startswith("filesystem://"):
    CELERY_BROKER_DIR = Path(env.str("CELERY_BROKER_DIR", default=str(BASE_DIR / ".broker")))
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(CELERY_BROKER_DIR / "queue"),
        "data_folder_out": str(CELERY_BROKER_DIR / "queue"),
        "control_folder": str(CELERY_BROKER_DIR / "control"),
        "store_processed": False,
        "polling_interval": 0.05,  # its default looks once a second: 2 tasks a second
    }
else:
    # Publishing happens after the commit, in a request: better to give up fast and leave the row to
    # the sweeper than to keep GitHub waiting. Without max_retries kombu tries for ever.
    CELERY_BROKER_CONNECTION_TIMEOUT = 1
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "socket_connect_timeout": 1,
        "socket_timeout": 2,
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0,
        "interval_max": 0,
    }

# Static files

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},  # nothing is uploaded
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# Language and time

LANGUAGE_CODE = "en"
USE_I18N = False
TIME_ZONE = "UTC"
USE_TZ = True

# Logs

LOG_FORMAT = env.str("LOG_FORMAT", default="console")
LOGGING = configure_structlog(log_format=LOG_FORMAT, level=env.str("LOG_LEVEL", default="INFO"))
