"""Subscribes to the hubs that feeds name (WebSub, a W3C Recommendation), and takes what the hubs send.

a visit finds a hub → the hub is asked → it verifies that we asked → it sends what the feed publishes → renewed

What a hub sends is believed only if it is signed with our secret. A call without a signature says at most that there
is something new, and lets the feed be visited. Visits go on, seldom while the hub sends (`rhythm.BESIDE_HUB`): if one
finds what the hub did not send, the hub is silent, and the feed is visited as usual.
"""

import asyncio
import hmac
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from bot import logs
from bot.backoff import Backoff
from bot.config import Config
from bot.ingest import rhythm
from bot.ingest.errors import FetchError, NotAFeed, Unreadable, WorkerError
from bot.ingest.formats.feed import Feed, parse
from bot.ingest.formats.hub_links import HubLink
from bot.ingest.intake import Intake, SourceGone
from bot.ingest.keep import Kept
from bot.ingest.refresh import Ingest
from bot.ingest.worker import high_priority
from storage import Storage
from storage.records import AcceptedCall, HubState, HubSubscription, Source, WantedHub

log = logs.get_logger(__name__)

PATH: Final = "/websub"
WANTED_LEASE: Final = timedelta(days=10)
LONGEST_LEASE: Final = timedelta(days=90)  # a hub that promises more is asked again after that
SHORTEST_LEASE: Final = timedelta(minutes=5)
RENEWED_BEFORE: Final = 0.2  # of a lease, before its end; up to half as much again, so that renewals are spread
VERIFIED_WITHIN: Final = timedelta(minutes=10)  # after the hub took the request
MOST_ATTEMPTS: Final = 4  # in a row, before a source has to do without its hub for a day
AGAIN: Final = Backoff(60.0, 3600.0, jitter=0.0)  # pauses after failed attempts
REFUSED_FOR: Final = timedelta(days=1)
MOST_GOODBYES: Final = 3  # attempts to tell a hub that the bot wants nothing more
PING_EVERY: Final = timedelta(minutes=1)  # so often, calls without content may let a source be visited
GRACE: Final = timedelta(minutes=15)  # for a hub that sends later than a visit finds
AT_ONCE: Final = 20  # hubs that are asked in one step
ANSWER_SECONDS: Final = 5.0  # after which a hub is answered, though its articles are not stored yet
MOST_WAITING: Final = 100  # deliveries that are read or stored at the same time
LONGEST_REASON: Final = 200  # characters
LONGEST_CHALLENGE: Final = 1_000
_SIGNATURE: Final = re.compile(r"(sha1|sha256|sha384|sha512)=([0-9a-f]{40,128})", re.IGNORECASE | re.ASCII)


class Gone(Exception):
    """There is no such subscription, or not any more."""


class HubSubscriber:
    """Keeps the subscriptions at hubs, and takes what hubs send. Call `start` first, and `close` at the end."""

    def __init__(
        self,
        storage: Storage,
        config: Config,
        ingest: Ingest,
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._storage = storage
        self._subscriptions = storage.hub_subscriptions
        self._config = config
        self._base = f"{config.public_url}{PATH}"
        self._fetcher = ingest.fetcher
        self._worker = ingest.worker
        self._now = now
        self._intake = Intake(storage, config, ingest.keeper, now=now, on_accepted=self._note_stored)
        self._waiting = 0  # deliveries
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Subscribe anew where the hubs know another address of this bot."""
        for known in await self._subscriptions.all():
            if known.source_id is not None and not known.callback.startswith(f"{self._base}/"):
                await self._subscriptions.end(known.source_id, now=self._now())
                await self._want(known.source_id, HubLink(known.hub, known.topic))

    async def close(self) -> None:
        await self._intake.close()
        for task in (tasks := list(self._tasks)):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # Which hubs

    async def note_feed(self, source: Source, link: HubLink | None, added: int) -> None:
        """Note what a visit found: the hub that the feed names, and the number of its new articles."""
        if link is None:
            if source.hub is not None:
                await self._subscriptions.end(source.id, now=self._now())
            return
        if await self._want(source.id, link) or not added:
            return
        known = await self._subscriptions.of_source(source.id)
        if known is None or known.state is not HubState.ACTIVE or known.verified_at is None:
            return
        # What was published before the hub knew the bot was found by the visit before this one.
        was_published_since = source.visited_at is not None and source.visited_at > known.verified_at
        was_told = known.pinged_at is not None and known.pinged_at > self._now() - GRACE
        if was_published_since and not was_told:
            await self._subscriptions.note_missed(source.id, now=self._now())

    async def _want(self, source_id: int, link: HubLink) -> bool:
        new = secrets.token_urlsafe(24)
        return await self._subscriptions.want(
            source_id,
            WantedHub(
                hub=link.hub,
                topic=link.topic,
                id=new,
                callback=f"{self._base}/{new}",
                secret=secrets.token_urlsafe(32),
            ),
            now=self._now(),
        )

    # Asking hubs

    async def step(self) -> None:
        """Ask the hubs whose time has come. Call this every few seconds."""
        now = self._now()
        await self._subscriptions.end_paused(now=now)
        await self._subscriptions.note_expired(now=now)
        for source_id in await self._subscriptions.note_silent(missed_before=now - GRACE, now=now):
            log.warning("hub_silent", source=source_id)
        due = await self._subscriptions.due(now=now, limit=AT_ONCE)
        await asyncio.gather(*(self._ask(one) for one in due))

    async def _ask(self, subscription: HubSubscription) -> None:
        now, is_last = self._now(), subscription.state is HubState.ENDING
        if is_last and subscription.attempts >= MOST_GOODBYES:
            await self._subscriptions.remove(subscription.id)
            return
        if subscription.state is HubState.ASKED:  # it took the request, and did not come back in time
            await self._note_failed(subscription, "the hub did not verify the subscription")
            return
        # A quick hub verifies before it answers.
        if not await self._subscriptions.note_asked(subscription.id, now=now, due_at=now + VERIFIED_WITHIN):
            return
        try:
            await self._fetcher.post(subscription.hub, _request(subscription))
        except FetchError as error:
            await self._note_failed(subscription, error.reason)
        except Exception as error:  # of one hub: the others are asked
            log.exception("hub_failed", source=subscription.source_id)
            await self._note_failed(subscription, type(error).__name__)
        else:
            log.info("hub_asked", source=subscription.source_id, mode=_mode(subscription))

    async def _note_failed(self, subscription: HubSubscription, reason: str) -> None:
        attempts = subscription.attempts + 1
        refused = attempts >= MOST_ATTEMPTS and subscription.state is not HubState.ACTIVE
        pause = REFUSED_FOR if refused else timedelta(seconds=AGAIN.pause(attempts))
        log.warning("hub_refused", source=subscription.source_id, reason=reason, attempts=attempts)
        await self._subscriptions.note_failed(
            subscription.id, reason[:LONGEST_REASON], due_at=self._now() + pause, refused=refused
        )

    # What hubs ask

    async def verify(self, subscription_id: str, query: Mapping[str, str]) -> str:
        """Answer a hub that asks whether the bot wants what it asked for. Returns the body of the answer.

        Raises Gone if the bot does not want it.
        """
        known = await self._subscriptions.get(subscription_id)
        challenge = query.get("hub.challenge", "")
        if known is None or query.get("hub.topic") != known.topic:
            raise Gone
        match query.get("hub.mode"), known.state:
            case "denied", HubState.ASKED | HubState.ACTIVE:
                await self._denied(known, query.get("hub.reason", ""))
                return ""
            case "subscribe", HubState.ASKED | HubState.ACTIVE if 0 < len(challenge) <= LONGEST_CHALLENGE:
                await self._verified(known, query.get("hub.lease_seconds", ""))
                return challenge
            case "unsubscribe", HubState.ENDING if 0 < len(challenge) <= LONGEST_CHALLENGE:
                await self._subscriptions.remove(known.id)
                return challenge
        raise Gone

    async def _denied(self, known: HubSubscription, reason: str) -> None:
        line = " ".join(reason[:LONGEST_REASON].split())
        log.warning("hub_refused", source=known.source_id, reason=line or "denied", attempts=known.attempts)
        await self._subscriptions.note_failed(
            known.id, f"the hub refused: {line or 'no reason given'}", due_at=self._now() + REFUSED_FOR, refused=True
        )

    async def _verified(self, known: HubSubscription, seconds: str) -> None:
        lease = timedelta(seconds=int(seconds)) if re.fullmatch("[0-9]{1,9}", seconds) else WANTED_LEASE
        lease = max(SHORTEST_LEASE, min(LONGEST_LEASE, lease))
        share = RENEWED_BEFORE * (1 + (known.source_id or 0) * 0.618 % 1 / 2)
        now = self._now()
        await self._subscriptions.note_verified(
            known.id, now=now, due_at=now + lease * (1 - share), lease_until=now + lease
        )
        log.info("hub_verified", source=known.source_id, lease_hours=round(lease / timedelta(hours=1), 1))

    # What hubs send

    async def receive(
        self, subscription_id: str, signature: str | None, body: bytes, *, charset: str | None = None
    ) -> None:
        """Take what a hub sends. `signature` is its header, or None.

        Raises Gone if there is no such subscription, and the errors of `storage.errors`. What can't be believed or
        read raises nothing: the hub has done its part.
        """
        known = await self._subscriptions.get(subscription_id)
        if known is None or known.source_id is None or known.state is HubState.ENDING:
            raise Gone
        if signature is None:
            await self._visit(known)
            return
        if not is_signed(signature, body, known.secret):
            log.warning("hub_not_believed", source=known.source_id)
            return
        if not is_secret_safe(known) or not body.strip() or self._waiting >= MOST_WAITING:
            await self._visit(known)
            return
        self._waiting += 1
        task = asyncio.create_task(self._store(known, known.source_id, body, charset))
        self._tasks.add(task)
        task.add_done_callback(self._note_done)
        # Article pages may take longer. The hub wants to know only that its call has come.
        done, _ = await asyncio.wait({task}, timeout=ANSWER_SECONDS)
        for one in done:
            one.result()

    def _note_done(self, task: asyncio.Task[None]) -> None:
        self._waiting -= 1
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("hub_not_stored", reason=error)

    async def _store(self, known: HubSubscription, source_id: int, body: bytes, charset: str | None) -> None:
        try:
            with high_priority():
                feed: Feed = await self._worker.run(
                    parse,
                    body,
                    url=known.topic,
                    charset=charset,
                    timezone=self._config.timezone,
                    most_bytes=self._config.max_fetch_bytes,
                )
        except (NotAFeed, WorkerError) as error:
            log.warning("hub_not_read", source=source_id, reason=error)
            await self._visit(known)
            return
        if not feed.items:
            await self._visit(known)
            return
        try:
            counts = await self._intake.store(source_id, feed.items)
        except (SourceGone, Unreadable) as error:
            log.warning("hub_not_read", source=source_id, reason=error)
            return
        log.info("hub_told", source=source_id, stored=counts.stored, changed=counts.changed)

    async def _note_stored(self, source: Source, calls: Sequence[AcceptedCall], kept: Kept) -> None:
        known = await self._subscriptions.of_source(source.id)
        if known is None:
            return
        added, now = sum(call.counts.stored for call in calls), self._now()
        learned = rhythm.learn(source, added, now) if added else None
        if await self._subscriptions.note_told(known.id, learned, now=now):
            log.info("hub_well", source=source.id)

    async def _visit(self, known: HubSubscription) -> None:
        """Let the feed be visited now, unless a call let it be visited a moment ago."""
        now = self._now()
        if await self._subscriptions.take_ping(known.id, now=now, not_before=now - PING_EVERY):
            log.info("hub_pinged", source=known.source_id)


def is_signed(header: str, body: bytes, secret: str) -> bool:
    """Returns whether a body is signed with the secret, by any of the methods that the standard names."""
    found = _SIGNATURE.fullmatch(header.strip())
    if found is None:
        return False
    expected = hmac.digest(secret.encode(), body, found[1].lower())
    return hmac.compare_digest(expected.hex(), found[2].lower())


def is_secret_safe(subscription: HubSubscription) -> bool:
    """Returns whether only the hub can know the secret, or could send no worse than the feed itself.

    The secret is sent to the hub. On the way to a hub without TLS, others may read it, and could then send what they
    like in the place of a feed that they can't change.
    """
    return subscription.hub.startswith("https://") or not subscription.topic.startswith("https://")


def _mode(subscription: HubSubscription) -> str:
    return "unsubscribe" if subscription.state is HubState.ENDING else "subscribe"


def _request(subscription: HubSubscription) -> dict[str, str]:
    fields = {
        "hub.mode": _mode(subscription),
        "hub.topic": subscription.topic,
        "hub.callback": subscription.callback,
        "hub.verify": "async",  # older hubs want to know how they may verify
    }
    if subscription.state is not HubState.ENDING:
        fields |= {
            "hub.secret": subscription.secret,
            "hub.lease_seconds": str(int(WANTED_LEASE.total_seconds())),
        }
    return fields
