"""Finds the hub that a feed names (WebSub), and the address by which that hub knows the feed."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from bot.ingest.formats import link_headers
from bot.text.html import web_address


class HubLink(NamedTuple):
    """A hub, and the address by which it knows the feed: the topic."""

    hub: str
    topic: str


class Named(NamedTuple):
    """What a document says of itself, in its order."""

    hubs: tuple[str, ...] = ()
    self_url: str | None = None


NOTHING = Named()


def collect(links: Iterable[tuple[str | None, str]], base: str) -> Named:
    """Returns what these links say. Each is an address and its relations, separated by blanks."""
    hubs: list[str] = []
    self_url: str | None = None
    for target, relations in links:
        relation = relations.lower().split()
        if not target or not {"hub", "self"} & set(relation) or not (address := web_address(target.strip(), base)):
            continue
        if "hub" in relation:
            hubs.append(address)
        elif self_url is None:
            self_url = address
    return Named(tuple(hubs), self_url)


def find(headers: Sequence[str], named: Named, url: str) -> HubLink | None:
    """Returns the first hub. What the server says comes before what the document says, as the standard wants it.

    `headers` are the Link headers, `named` is what the feed says itself, and `url` is where it was found.
    """
    said = collect(((target, attributes.get("rel", "")) for target, attributes in link_headers.parse(headers)), url)
    for source in (said, named):
        if source.hubs:
            return HubLink(source.hubs[0], source.self_url or said.self_url or url)
    return None
