"""What `newsbot check` says about the way in which updates come from Telegram."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from bot.cli.finding import Finding
from bot.cli.output import counted

if TYPE_CHECKING:
    from telegram import WebhookInfo

    from bot.config import Config

UPDATES: Final = "updates"
LATELY: Final = timedelta(hours=1)  # an older error of the webhook is only told
ADVICE: Final = (  # for what Telegram says of its last attempt, in lower case: its words, and what to do
    (
        (": 401", ": 403"),
        "the secret is not the bot's: start the bot again, which sets it, and let the proxy pass all headers",
    ),
    ((": 404",), "the proxy does not pass POST {path} to NEWSBOT_WEB, or NEWSBOT_PUBLIC_URL has another path"),
    ((": 405",), "the proxy does not pass POST requests"),
    ((": 413",), "the proxy refuses the size; allow bodies of 4 MiB"),
    ((": 429",), "the proxy limits requests; let those of Telegram through"),
    ((": 30",), "the address redirects; set NEWSBOT_PUBLIC_URL to the address that it leads to"),
    (
        (": 502", ": 503", ": 504"),
        "the proxy does not reach the bot: is it running, and does the proxy pass to NEWSBOT_WEB?",
    ),
    ((": 500",), "a mistake of ours: the log of the bot has request_failed"),
    (("certificate", "ssl", "tls"), "the certificate is not one that Telegram trusts: it needs the whole chain"),
    (("resolve", "getaddrinfo"), "the name of NEWSBOT_PUBLIC_URL has no address: check DNS"),
    (("refused",), "nothing listens at NEWSBOT_PUBLIC_URL: start the proxy, open the port"),
    (
        ("timed out", "timeout", "unreachable"),
        "Telegram gets no answer: open the port in the firewall",
    ),
    (("reset", "closed"), "the connection breaks before the answer: check the proxy and its log"),
)


def update_findings(config: "Config", info: "WebhookInfo", now: datetime) -> Iterator[Finding]:
    """Compare the settings with what Telegram has. `info` is its answer to getWebhookInfo."""
    from bot.chat import ALLOWED_UPDATES
    from bot.config import WEBHOOK
    from bot.web.telegram_updates import PATH

    waiting = f"{counted(info.pending_update_count, 'update')} waiting at Telegram"
    if config.updates != WEBHOOK:
        if info.url:
            text = f"polled, and a webhook is set at {info.url}; the bot ends it when it starts ({waiting})"
            yield Finding(UPDATES, True, text)
        else:
            yield Finding(UPDATES, True, f"polled; {waiting}")
        return
    expected = config.public_url + PATH
    if not info.url:
        yield Finding(UPDATES, False, f"no webhook is set; `newsbot run` sets it to {expected} ({waiting})")
    elif info.url != expected:
        text = f"the webhook is set to {info.url}, and expected {expected}; start the bot again, and only this one"
        yield Finding(UPDATES, False, text)
    else:
        yield Finding(UPDATES, True, f"by webhook at {expected}; {waiting}")
        if missing := sorted(set(ALLOWED_UPDATES) - set(info.allowed_updates or ())):
            text = f"Telegram does not send {', '.join(missing)}; start the bot again, which asks for them"
            yield Finding("allowed updates", False, text)
    if info.url and info.last_error_date is not None:
        yield _last_error(info.last_error_message or "unknown", info.last_error_date, PATH, now)


def _last_error(message: str, happened: datetime, path: str, now: datetime) -> Finding:
    told = f"the last error was at {happened:%Y-%m-%d %H:%M} UTC ({message})"
    lower = message.lower()
    advice = next((advice for words, advice in ADVICE if any(word in lower for word in words)), "")
    if now - happened > LATELY:
        return Finding("webhook", True, told)
    return Finding("webhook", False, f"{told}: {advice.format(path=path)}" if advice else told)
