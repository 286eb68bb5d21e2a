"""Hubs: servers that send what a feed publishes at once (WebSub), and the bot's subscriptions there."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class HubState(StrEnum):
    """What is to be done about a subscription."""

    WANTED = "wanted"  # the hub is to be asked
    ASKED = "asked"  # the hub is to verify that the bot asked
    ACTIVE = "active"  # the hub sends; the subscription is to be renewed before its lease ends
    REFUSED = "refused"  # the hub does not want the bot; it is asked again later
    ENDING = "ending"  # the hub is to be told that the bot wants nothing more


class HubHealth(StrEnum):
    """How the hub of a source is doing."""

    ASKED = "asked"  # the subscription is not verified yet
    UNPROVEN = "unproven"  # subscribed; the hub has sent nothing yet
    ALIVE = "alive"  # the hub sends, so visits may be seldom
    SILENT = "silent"  # a visit found what the hub had not sent
    REFUSED = "refused"  # the hub does not take the subscription


@dataclass(frozen=True, slots=True, kw_only=True)
class HubSubscription:
    """A subscription at a hub."""

    id: str = field(repr=False)  # whoever knows it may call the bot in the hub's name
    source_id: int | None  # None: the source was removed
    hub: str
    topic: str  # the address by which the hub knows the feed
    callback: str = field(repr=False)  # the address that the hub calls
    secret: str = field(repr=False)
    state: HubState
    due_at: datetime
    attempts: int = 0  # failed ones in a row
    asked_at: datetime | None = None
    verified_at: datetime | None = None
    lease_until: datetime | None = None
    told_at: datetime | None = None  # the last content that was believed
    pinged_at: datetime | None = None  # the last visit that a call without content caused
    deliveries: int = 0
    last_error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedHub:
    """A hub that a feed names."""

    hub: str
    topic: str
    callback: str = field(repr=False)
    id: str = field(repr=False)  # this and the next two: of a new subscription
    secret: str = field(repr=False)
