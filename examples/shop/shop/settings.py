"""Settings of the shop. The database comes from SHOP_DATABASE_URL: any libpq URL or keyword string."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

DEFAULT_URL = "postgresql:///shop"


def database(url: str) -> dict[str, object]:
    """Django's DATABASES entry for a libpq URL; a Unix socket goes in as `?host=/folder`, options stay options."""
    given = conninfo_to_dict(url)
    fields = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    entry: dict[str, object] = {key: str(given.pop(name, "") or "") for key, name in fields.items()}
    return {"ENGINE": "django.db.backends.postgresql", **entry, "OPTIONS": given}


BASE_DIR = Path(__file__).resolve().parent.parent
SECRET_KEY = os.environ.get("SHOP_SECRET_KEY") or secrets.token_urlsafe(32)
DEBUG = False
INSTALLED_APPS = ["core"]
DATABASES = {"default": database(os.environ.get("SHOP_DATABASE_URL") or DEFAULT_URL)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False
