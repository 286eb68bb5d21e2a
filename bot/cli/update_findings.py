"""What `newsbot check` says about the way in which updates come from Telegram."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from bot.finding import Finding

if TYPE_CHECKING:
    from telegram import WebhookInfo

    from bot.config import Config
    from bot.locale import Voice

LATELY: Final = timedelta(hours=1)  # an older error of the webhook is only told


def update_findings(config: "Config", info: "WebhookInfo", now: datetime, voice: "Voice") -> Iterator[Finding]:
    """Compare the settings with what Telegram has. `info` is its answer to getWebhookInfo."""
    from bot.chat import ALLOWED_UPDATES
    from bot.config import WEBHOOK
    from bot.web.telegram_updates import PATH

    updates, url = voice.say("updates"), voice.embed(info.url)
    expected = voice.embed(config.public_url + PATH)
    if config.updates != WEBHOOK and info.url:
        text = voice.say("polled, and a webhook is set at {url}; the bot ends it when it starts", url=url)
        yield Finding(updates, True, text)
    elif config.updates != WEBHOOK:
        yield Finding(updates, True, voice.say("polled"))
    elif not info.url:
        text = voice.say("no webhook is set; `newsbot run` sets it to {expected}", expected=expected)
        yield Finding(updates, False, text)
    elif info.url != config.public_url + PATH:
        text = voice.say(
            "the webhook is set to {url}, and expected {expected}; start the bot again, and only this one",
            url=url,
            expected=expected,
        )
        yield Finding(updates, False, text)
    else:
        yield Finding(updates, True, voice.say("by webhook at {url}", url=url))
        if missing := sorted(set(ALLOWED_UPDATES) - set(info.allowed_updates or ())):
            text = voice.say(
                "Telegram does not send {updates}; start the bot again, which asks for them",
                updates=voice.embed(", ".join(missing)),
            )
            yield Finding(voice.say("allowed updates"), False, text)
    waiting = voice.plural(
        "{n} update waiting at Telegram", "{n} updates waiting at Telegram", info.pending_update_count
    )
    yield Finding(updates, True, waiting)
    if config.updates == WEBHOOK and info.url and info.last_error_date is not None:
        yield _last_error(info.last_error_message or "", info.last_error_date, now, voice)


def _last_error(error: str, happened: datetime, now: datetime, voice: "Voice") -> Finding:
    moment, advice = voice.embed(f"{happened:%Y-%m-%d %H:%M} UTC"), _advice(error.lower(), voice)
    is_recent = now - happened <= LATELY
    if is_recent and advice:
        text = voice.say("the last error was at {moment}: {advice}", moment=moment, advice=advice)
    else:
        text = voice.say("the last error was at {moment}", moment=moment)
    return Finding(voice.say("webhook"), not is_recent, text, error)


def _advice(error: str, voice: "Voice") -> str:
    """Returns what to do after what Telegram says of its last attempt, in lower case; "" if that is not known."""
    from bot.web.telegram_updates import PATH

    known = (
        (
            (": 401", ": 403"),
            voice.say(
                "the secret is not the bot's: start the bot again, which sets it, and let the proxy pass all headers"
            ),
        ),
        (
            (": 404",),
            voice.say(
                "the proxy does not pass `POST {path}` to NEWSBOT_WEB, or NEWSBOT_PUBLIC_URL has another path",
                path=PATH,
            ),
        ),
        ((": 405",), voice.say("the proxy does not pass POST requests")),
        ((": 413",), voice.say("the proxy refuses the size; allow bodies of 4 MiB")),
        ((": 429",), voice.say("the proxy limits requests; let those of Telegram through")),
        ((": 30",), voice.say("the address redirects; set NEWSBOT_PUBLIC_URL to the address that it leads to")),
        (
            (": 502", ": 503", ": 504"),
            voice.say("the proxy does not reach the bot: is it running, and does the proxy pass to NEWSBOT_WEB?"),
        ),
        ((": 500",), voice.say("a mistake of ours: the log of the bot has `request_failed`")),
        (
            ("certificate", "ssl", "tls"),
            voice.say("the certificate is not one that Telegram trusts: it needs the whole chain"),
        ),
        (("resolve", "getaddrinfo"), voice.say("the name of NEWSBOT_PUBLIC_URL has no address: check DNS")),
        (("refused",), voice.say("nothing listens at NEWSBOT_PUBLIC_URL: start the proxy, open the port")),
        (
            ("timed out", "timeout", "unreachable"),
            voice.say("Telegram gets no answer: open the port in the firewall"),
        ),
        (
            ("reset", "closed"),
            voice.say("the connection breaks before the answer: check the proxy and its log"),
        ),
    )
    return next((advice for words, advice in known if any(word in error for word in words)), "")
