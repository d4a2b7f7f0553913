"""What is wrong with insurers' webhooks before anything is posted to them, for `/readyz`."""

import httpx
from standardwebhooks import Webhook

from bowchat_dispatcher.settings import DispatcherSettings
from bowchat_dispatcher.ssrf import ForbiddenAddressError, check_url
from bowchat_runtime.errors import SettingsError


def wrong_webhook(settings: DispatcherSettings, insurer: str, url: str) -> str | None:
    """Why nothing can be posted to this insurer yet, and what to do about it; None where it can be tried."""
    wrong = _wrong_address(settings, url) or _wrong_secret(settings, insurer)
    return f"{insurer}: what is for them waits: {wrong}" if wrong else None


def _wrong_address(settings: DispatcherSettings, url: str) -> str | None:
    try:
        check_url(httpx.URL(url), allow_loopback=settings.allow_loopback_webhooks)
    except (ForbiddenAddressError, httpx.InvalidURL) as error:
        return (
            f"{error}. Correct endpoint.url in the registry; to try it on one machine, allow http://127.0.0.1 "
            "with BOWCHAT_ALLOW_LOOPBACK_WEBHOOKS=true"
        )
    return None


def _wrong_secret(settings: DispatcherSettings, insurer: str) -> str | None:
    file = f"insurers/{insurer}.secret"
    try:
        for secret in settings.secrets_list(file):
            Webhook(secret.decode())
    except (SettingsError, ValueError):
        return (
            f"{settings.secrets / file} holds no secret to sign with. Remove it if it is there, and run: "
            f"bowchat-keys init DIR --insurers {insurer}"
        )
    return None
