"""Django's registration of the app."""

from django.apps import AppConfig
from django.contrib.staticfiles.apps import StaticFilesConfig as DjangoStaticFilesConfig


class GhadminConfig(AppConfig):
    """The composition root."""

    default = True
    name = "ghadmin"


class StaticFilesConfig(DjangoStaticFilesConfig):
    """Collects what a page of ours asks for: the packages ship 33 MB, we serve a tenth of that."""

    ignore_patterns = [
        *DjangoStaticFilesConfig.ignore_patterns,
        "django_htmx",  # static/vendor has the htmx that we test with
        "redoc",  # the API's reference is Swagger's
        "rest_framework",  # the API answers JSON alone
    ]
