"""docs/running.md and the examples of proxies say what the server is."""

import re
from pathlib import Path

import pytest

from bot.config import ListenAddress
from bot.locale import Voice
from bot.web import Route
from bot.web.feeds import Feeds
from bot.web.health import Readiness
from bot.web.metrics import metrics_routes
from bot.web.telegram_updates import TelegramUpdates
from storage import Storage
from tests.conftest import Clock
from tests.test_docs import ROOT, table

PRIVATE = {"/metrics", "/readyz"}  # the examples keep these on the machine
ELSEWHERE = ("/hooks/newsroom", "/websub/abc", "/dashboard", "/dashboard/now")  # other pages tell of them


@pytest.fixture
def routes(storage: Storage, clock: Clock) -> list[Route]:
    ready = Readiness(storage.bot_accounts.check_writable, lambda: 0.0)
    return [
        *ready.routes(),
        *metrics_routes(bytes, "text/plain"),
        *TelegramUpdates("secret").routes(),
        *Feeds(storage, "", Voice("en"), clock).routes(),
    ]


def written(route: Route) -> tuple[str, str, str]:
    """The route as the table tells it: method and path, largest body, requests a minute."""
    path = route.path.replace("{form:atom|json}", "{atom,json}")
    path = re.sub(r"\{number:[^/]*\}(?=\.)", "ID", path)
    largest = f"{route.max_bytes // 2**20} MiB" if route.max_bytes else "none"
    return f"{route.method} {path}", largest, f"{route.per_minute:,}"


def test_the_table_of_routes_is_that_of_the_server(routes: list[Route]) -> None:
    rows = table("docs/running.md", "What is there")
    told = [(row[0].strip("`").removesuffix("?q=WORDS"), row[3], row[4]) for row in rows]
    assert sorted(told) == sorted(map(written, routes))


def test_the_proxies_of_the_examples_pass_what_the_world_needs(routes: list[Route]) -> None:
    nginx = (ROOT / "docs/examples/nginx.conf").read_text()
    caddy = (ROOT / "docs/examples/Caddyfile").read_text()
    location = re.search(r"location ~ (\S+) \{", nginx)
    public = re.search(r"@public path (.*)", caddy)
    assert location
    assert public
    paths = [re.sub(r"\{[^/]*\}", "x", route.path) for route in routes]
    for path in (*paths, *ELSEWHERE):
        passed = path not in PRIVATE
        assert bool(re.search(location[1], path)) is passed, path
        patterns = (re.escape(one).replace(r"\*", ".*") for one in public[1].split())
        assert any(re.fullmatch(one, path) for one in patterns) is passed, path
    assert nginx.count("127.0.0.1:8081") == caddy.count("127.0.0.1:8081") == 1
    assert "NEWSBOT_WEB=127.0.0.1:8081" in (ROOT / "docs/running.md").read_text()
    assert str(ListenAddress("127.0.0.1", 8081)) == "127.0.0.1:8081"


def test_the_documents_are_linked() -> None:
    guide = Path(ROOT / "docs/operators-guide.md").read_text()
    assert "(running.md)" in guide
