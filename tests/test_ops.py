"""The files of ops/: each alert comes when it should and not else, and what is started is there."""

import configparser
import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from telegram.error import BadRequest, NetworkError, RetryAfter

from bot.cli import newsbot
from bot.config import settings
from bot.metrics import Metrics
from bot.metrics.definitions import DEFINITIONS, Kind
from storage.records import AlarmKind, ArticleReach, Counts, Died, Lane, OwedInLane, Sent
from tests.makers import NOON, claim
from tests.promql import Evaluation
from tests.scrapes import Series, parse_scrape
from tests.test_metrics import ALLOWED

OPS = Path(__file__).parent.parent / "ops"
RULES: Final = [
    rule for group in yaml.safe_load((OPS / "prometheus-rules.yml").read_text())["groups"] for rule in group["rules"]
]
BOARD: Final = json.loads((OPS / "grafana.json").read_text())
TARGETS: Final = [
    (panel["title"], target["expr"].replace("$__rate_interval", "5m"))
    for panel in BOARD["panels"]
    for target in panel.get("targets", [])
]
NOW: Final = NOON.timestamp()
LATER: Final = 600.0  # seconds between two scrapes
Act = Callable[[Metrics], None]


def bot() -> Metrics:
    """A bot that has run for a while, without a problem."""
    metrics = Metrics(version="1", sqlite="3", promise_seconds=120)
    for job in ("deliver", "prune"):
        metrics.job_ran(job, True, 0.01)
    for route in ("hooks", "healthz"):
        metrics.http_answered(route, "GET", 200, 0.01)
        metrics.http_answered(route, "POST", 503, 0.01)
    for error in (None, RetryAfter(3), NetworkError("?"), BadRequest("?")):
        metrics.telegram_answered("sendMessage", error, 0.05)
    go_on(metrics)
    return metrics


def go_on(metrics: Metrics) -> None:
    """Ten good minutes."""
    metrics.term_began(lambda: 30.0)
    for number in range(200):
        at = NOON + timedelta(seconds=1)
        metrics.outcomes_committed([Sent(claim(delivery_id=number, queued_at=NOON), at, 1, 1, at)], frozenset())
        metrics.telegram_answered("sendMessage", None, 0.05)
        metrics.update_handled(0.01, 0.05)
        metrics.loop_lagged(0.001)
        for work in ("read", "write", "wait"):
            metrics.database_worked(work, 0.001)
    metrics.update_received({"update_id": 1, "message": {}})
    metrics.article_judged(judged(True))
    metrics.source_visited("read", 0.1, 0.1)
    metrics.articles_kept(added=3)
    metrics.hook_called("generic", "stored")
    metrics.http_answered("hooks", "POST", 202, 0.02)
    metrics.job_ran("deliver", True, 0.01)
    metrics.set_owed([OwedInLane(lane=lane, queued=5, spreading=1, oldest=NOON) for lane in Lane if lane], NOW + 3)
    metrics.set_counts(counts())
    metrics.set_inbox(2, 0)
    metrics.set_alarms([], AlarmKind)
    metrics.set_backup(NOW - 3600)
    metrics.canary_ended(None, NOW - 60)


def counts(**changes: Any) -> Counts:
    values: dict[str, Any] = {
        "chats": {("private", "active"): 100, ("group", "gone"): 1},
        "follows": {("words", False): 3},
        "sources": {"ok": 9, "failing": 1},
        "file_bytes": 10_000_000,
        "log_bytes": 1_000_000,
    }
    return Counts(**(values | changes))


def judged(kept: bool) -> ArticleReach:
    return ArticleReach(
        article_id=1, title="T", lane=Lane.ALERT, opened_at=NOON, promise=timedelta(seconds=120), due=10, sent=10,
        in_time=9, missed=0, held=0, is_spreading=False, first=timedelta(), last=timedelta(seconds=9), judged_at=NOON,
        kept=kept, delays={10: 10},
    )  # fmt: skip


def owed(lane: Lane, seconds: float) -> Act:
    def act(metrics: Metrics) -> None:
        metrics.set_owed([OwedInLane(lane=lane, queued=5, spreading=0, oldest=NOON)], NOW + seconds)

    return act


def times(number: int, act: Act) -> Act:
    def repeated(metrics: Metrics) -> None:
        for _ in range(number):
            act(metrics)

    return repeated


def dead(metrics: Metrics) -> None:
    metrics.outcomes_committed([Died(claim(), NOON, "?")], frozenset())


def canary_fails(metrics: Metrics) -> None:
    metrics.canary_ended(None, NOW - 8_000)
    metrics.canary_ended("send", NOW)


# What happens in ten minutes, besides what always happens, before each alert. None: nothing at all happens.
BAD: dict[str, Act] = {
    "NewsbotNobodyTalks": lambda metrics: metrics.term_ended(),
    "NewsbotNothingSent": owed(Lane.ALERT, 700),
    "NewsbotBreakingNewsWait": owed(Lane.BREAKING, 130),
    "NewsbotPromiseBroken": lambda metrics: metrics.article_judged(judged(False)),
    "NewsbotMessagesGivenUp": times(11, dead),
    "NewsbotFloodWaits": times(101, lambda metrics: metrics.telegram_answered("sendMessage", RetryAfter(3), 0.1)),
    "NewsbotTelegramFails": times(
        300, lambda metrics: metrics.telegram_answered("sendMessage", NetworkError("?"), 9)
    ),
    "NewsbotSlowReplies": times(50, lambda metrics: metrics.update_handled(1, 9)),
    "NewsbotSourcesFail": lambda metrics: metrics.set_counts(counts(sources={"ok": 7, "failing": 3, "paused": 90})),
    "NewsbotJobFails": times(4, lambda metrics: metrics.job_ran("prune", False, 0.1)),
    "NewsbotLoopLags": times(10, lambda metrics: metrics.loop_lagged(3)),
    "NewsbotDatabaseWaits": times(10, lambda metrics: metrics.database_worked("wait", 9)),
    "NewsbotLogOfDatabaseGrows": lambda metrics: metrics.set_counts(counts(log_bytes=3_000_000_000)),
    "NewsbotCanaryFails": canary_fails,
    "NewsbotBackupOld": lambda metrics: metrics.set_backup(NOW - 140_000),
    "NewsbotInboxWaits": lambda metrics: metrics.set_inbox(501, 0),
    "NewsbotAlarm": lambda metrics: metrics.set_alarms([AlarmKind.SOURCE_SILENT], AlarmKind),
    "NewsbotDoorFails": times(6, lambda metrics: metrics.http_answered("hooks", "POST", 503, 0.1)),
}


def scraped(metrics: Metrics, *, up: float = 1.0) -> list[Series]:
    return [*parse_scrape(metrics.render().decode()), Series("up", frozenset({("job", "newsbot")}), up)]


def firing(before: list[Series], after: list[Series]) -> set[str]:
    evaluation = Evaluation(before, after, seconds=LATER, now=NOW)
    return {rule["alert"] for rule in RULES if evaluation(rule["expr"])}


def test_no_alert_comes_while_all_is_well() -> None:
    metrics = bot()
    before = scraped(metrics)
    go_on(metrics)
    assert firing(before, scraped(metrics)) == set()


@pytest.mark.parametrize("alert", BAD)
def test_an_alert_comes_when_it_should(alert: str) -> None:
    metrics = bot()
    before = scraped(metrics)
    if alert not in ("NewsbotNothingSent", "NewsbotCanaryFails"):
        go_on(metrics)
    BAD[alert](metrics)
    assert firing(before, scraped(metrics)) == {alert}


def test_a_bot_that_is_down_is_told_and_every_rule_is_tested() -> None:
    metrics = bot()
    assert firing(scraped(metrics), scraped(metrics, up=0.0)) == {"NewsbotDown"}
    assert {rule["alert"] for rule in RULES} == BAD.keys() | {"NewsbotDown"}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_a_rule_says_what_is_wrong_and_what_helps(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("critical", "warning")
    assert rule["annotations"].keys() == {"summary", "action"}
    assert re.fullmatch(r"\d+m", rule.get("for", "1m"))
    for command in re.findall(r"`newsbot ([a-z]+)", rule["annotations"]["action"]):
        assert command in newsbot.commands
    assert set(re.findall(r"NEWSBOT_[A-Z_]+", str(rule))) <= set(settings())


@pytest.mark.parametrize(
    ("title", "expression"), TARGETS, ids=[f"{title}-{n}" for n, (title, _) in enumerate(TARGETS)]
)
def test_each_panel_of_the_board_shows_something(title: str, expression: str) -> None:
    metrics = bot()
    before = scraped(metrics)
    go_on(metrics)
    assert Evaluation(before, scraped(metrics), seconds=LATER, now=NOW)(expression)


def test_names_and_labels_of_all_expressions_are_those_of_the_metrics() -> None:
    evaluation = Evaluation([], [], seconds=1, now=NOW)
    for expression in [rule["expr"] for rule in RULES] + [expression for _, expression in TARGETS]:
        evaluation(expression)
    known = {"up": {"job"}}
    for one in DEFINITIONS:
        endings = ("_bucket", "_sum", "_count") if one.kind is Kind.HISTOGRAM else ("",)
        known |= {one.name + ending: set(one.labels) for ending in endings}
    for name, matchers in evaluation.selected:
        if not name.startswith("process_"):
            assert name in known, name
            assert matchers.keys() <= known[name]
            for label, wanted in matchers.items():
                if label in ALLOWED:
                    assert set(wanted.split("|")) <= ALLOWED[label], (name, wanted)
    shown = {name for name, _ in evaluation.selected}
    unseen = {one.name for one in DEFINITIONS if not any(name.startswith(one.name) for name in shown)}
    assert unseen == set()


def test_the_board_can_be_imported() -> None:
    ids = [panel["id"] for panel in BOARD["panels"]]
    assert len(set(ids)) == len(ids)
    places = [panel["gridPos"] for panel in BOARD["panels"]]
    assert all(place["x"] + place["w"] <= 24 for place in places)
    assert {panel["datasource"]["uid"] for panel in BOARD["panels"] if panel["type"] != "row"} == {"${datasource}"}
    assert [variable["name"] for variable in BOARD["templating"]["list"]] == ["datasource"]


# Compose and systemd


def commands(text: str) -> list[list[str]]:
    """The arguments of each `newsbot` that a command line starts."""
    return [shlex.split(found)[1:] for found in re.findall(r"newsbot [a-z][^;&|\n]*", text)]


def check_command(arguments: list[str]) -> None:
    command = newsbot.commands[arguments[0]]
    with command.make_context(arguments[0], arguments[1:], resilient_parsing=True):
        options = {name for parameter in command.params for name in parameter.opts}
        assert {word for word in arguments[1:] if word.startswith("--")} <= options


def test_the_compose_file_keeps_data_makes_backups_and_checks_health() -> None:
    compose = yaml.safe_load((OPS / "compose.yaml").read_text())
    services, volumes = compose["services"], compose["volumes"]
    assert services.keys() == {"newsbot", "backup"}
    for service in services.values():
        assert {mount.split(":")[0] for mount in service["volumes"]} <= volumes.keys()
        assert set(service["environment"]) <= set(settings())
        assert service["restart"] == "unless-stopped"
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]
    assert (
        services["newsbot"]["environment"]["NEWSBOT_DATABASE"]
        == services["backup"]["environment"]["NEWSBOT_DATABASE"]
    )
    assert services["newsbot"]["healthcheck"]["test"][0] == "CMD"
    check_command(services["newsbot"]["healthcheck"]["test"][2:])
    [backup] = commands(services["backup"]["command"][0])
    check_command(backup)
    assert backup[-1] in {mount.split(":")[1] for mount in services["backup"]["volumes"]}
    assert all(port.startswith("127.0.0.1:") for port in services["newsbot"]["ports"])
    made = (OPS.parent / "Dockerfile").read_text()
    for mount in services["backup"]["volumes"]:
        assert re.search(rf"install --directory --owner=newsbot .*{mount.split(':')[1]}\b", made), mount


def test_the_compose_file_for_postgresql_has_two_processes_of_each_role() -> None:
    compose = yaml.safe_load((OPS / "compose-postgresql.yaml").read_text())
    services, volumes = compose["services"], compose["volumes"]
    assert services.keys() == {"ingest", "talk", "postgres", "backup"}
    for role in ("ingest", "talk"):
        service = services[role]
        assert set(service["environment"]) <= set(settings())
        assert service["environment"]["NEWSBOT_ROLES"] == role
        assert service["deploy"]["replicas"] == 2
        assert service["depends_on"]["postgres"]["condition"] == "service_healthy"
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]
        check_command(service["healthcheck"]["test"][2:])
    for service in services.values():
        assert {mount.split(":")[0] for mount in service.get("volumes", [])} <= volumes.keys()
        assert service["restart"] == "unless-stopped"
        assert "ports" not in service
    assert services["backup"]["image"] == services["postgres"]["image"]  # pg_dump reads no newer server


def test_the_scheduled_dump_leaves_no_half_file_and_deletes_old_ones(tmp_path: Path) -> None:
    compose = yaml.safe_load((OPS / "compose-postgresql.yaml").read_text())
    backups, programs, secrets = tmp_path / "backups", tmp_path / "programs", tmp_path / "secrets"
    for folder in (backups, programs, secrets):
        folder.mkdir()
    told, turns = tmp_path / "told", tmp_path / "turns"
    (secrets / "postgres-password").write_text("known")
    for name, script in {
        "pg_dump": f'echo "$PGPASSWORD $@" >> {told}; touch {backups}/unfinished; [ $(wc -l < {told}) -gt 1 ]',
        "sleep": f"echo >> {turns}; [ $(wc -l < {turns}) -lt 4 ] || kill $PPID",
    }.items():
        (programs / name).write_text(f"#!/bin/sh\n{script}\n")
        (programs / name).chmod(0o755)
    old = backups / "newsbot-20200101T000000Z.dump"
    old.touch()
    os.utime(old, times=(0, 0))
    loop = compose["services"]["backup"]["command"][0].replace("$$", "$")  # as Compose does
    loop = loop.replace("/backups", str(backups)).replace("/run/secrets", str(secrets))
    environment = {"PATH": f"{programs}:{os.environ['PATH']}"}
    subprocess.run(["/bin/sh", "-c", loop], env=environment, timeout=30, check=False)
    # Of four turns, the first one failed, the second one succeeded, and the others had nothing to do.
    dumped = f"known --format=custom --host=postgres --username=newsbot --file={backups}/unfinished newsbot"
    assert told.read_text().splitlines() == [dumped] * 2
    [kept] = backups.iterdir()
    assert re.fullmatch(r"newsbot-\d{8}T\d{6}Z\.dump", kept.name)


def test_the_scheduled_backup_waits_for_a_day_and_tries_again_after_a_failure(tmp_path: Path) -> None:
    compose = yaml.safe_load((OPS / "compose.yaml").read_text())
    backups, programs = tmp_path / "backups", tmp_path / "programs"
    backups.mkdir()
    programs.mkdir()
    told, turns = tmp_path / "told", tmp_path / "turns"
    for name, script in {
        "newsbot": f'echo "$@" >> {told}; [ $(wc -l < {told}) -gt 1 ] && touch {backups}/newsbot-new.db',
        "sleep": f"echo >> {turns}; [ $(wc -l < {turns}) -lt 4 ] || kill $PPID",
    }.items():
        (programs / name).write_text(f"#!/bin/sh\n{script}\n")
        (programs / name).chmod(0o755)
    old = backups / "newsbot-old.db"
    old.touch()
    os.utime(old, times=(0, 0))
    loop = compose["services"]["backup"]["command"][0].replace("/backups", str(backups))
    environment = {"PATH": f"{programs}:{os.environ['PATH']}"}
    subprocess.run(["/bin/sh", "-c", loop], env=environment, timeout=30, check=False)
    # Of four turns, the first one failed, the second one succeeded, and the others had nothing to do.
    assert told.read_text().splitlines() == [f"backup --keep 14 {backups}"] * 2


def unit(name: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # as configparser documents
    parser.read(OPS / name)
    return parser


@pytest.mark.parametrize("name", ["newsbot.service", "newsbot-backup.service"])
def test_a_unit_starts_a_command_of_ours_without_rights(name: str) -> None:
    service = unit(name)["Service"]
    started = shlex.split(service["ExecStart"])
    assert started[0] == "/opt/newsbot/.venv/bin/newsbot"
    check_command(started[1:])
    assert service["User"] == "newsbot"
    assert service["CapabilityBoundingSet"] == ""
    assert (service["NoNewPrivileges"], service["ProtectSystem"], service["UMask"]) == ("true", "strict", "0077")
    assert service.get("ProcSubset", "all") == "all"  # the metrics of the process need /proc/stat
    assert set(re.findall(r"NEWSBOT_[A-Z_]+", (OPS / name).read_text())) <= set(settings())


def test_a_typed_command_has_the_settings_user_and_folder_of_the_bot() -> None:
    typed = shlex.split((OPS / "newsbot").read_text(), comments=True)
    service = unit("newsbot.service")["Service"]
    assert typed[:2] == ["exec", "systemd-run"]
    assert typed[-2:] == [shlex.split(service["ExecStart"])[0], "$@"]
    assert {
        f"--uid={service['User']}",
        f"--working-directory={service['WorkingDirectory']}",
        f"--property=EnvironmentFile={service['EnvironmentFile']}",
        f"--property=UMask={service['UMask']}",
        f"--setenv={service['Environment']}",
    } <= set(typed)


def test_the_timer_starts_the_backup() -> None:
    timer = unit("newsbot-backup.timer")
    assert timer["Timer"]["Persistent"] == "true"
    assert timer["Timer"]["OnCalendar"]
    assert (OPS / "newsbot-backup.timer").with_suffix(".service").exists()
    bot, backup = unit("newsbot.service")["Service"], unit("newsbot-backup.service")["Service"]
    for key in ("User", "WorkingDirectory", "EnvironmentFile", "Environment"):
        assert backup[key] == bot[key]  # one database
    folder = shlex.split(unit("newsbot-backup.service")["Service"]["ExecStart"])[-1]
    assert folder in unit("newsbot-backup.service")["Service"]["ReadWritePaths"].split()


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here")
def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    files = []
    for path in sorted(OPS.glob("newsbot*.*")):
        if path.suffix in (".service", ".timer"):
            text = path.read_text().replace("/opt/newsbot/.venv/bin/newsbot", "/bin/true")
            (tmp_path / path.name).write_text(text.replace("User=newsbot", "User=root"))
            files.append(str(tmp_path / path.name))
    told = subprocess.run(["systemd-analyze", "verify", *files], capture_output=True, text=True, timeout=60)
    ours = [line for line in told.stderr.splitlines() if "newsbot" in line]
    assert (told.returncode, ours) == (0, [])
