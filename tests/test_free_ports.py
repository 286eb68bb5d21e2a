"""Ports that are chosen before a server listens are given to nobody else."""

import socket

import pytest

from bot.free_ports import FOR_TESTS, PORTS, free_port, free_ports, shuffled
from tests import web


def test_a_port_on_which_a_program_listens_is_left_out() -> None:
    taken, other = web.free_port(), web.free_port()
    with socket.create_server(("127.0.0.1", taken)):
        assert next(free_ports([taken, other])) == other


def test_no_port_is_given_to_a_worker_twice() -> None:
    given = [web.free_port() for _ in range(50)]
    assert len(set(given)) == 50
    assert set(given) <= set(FOR_TESTS)


def test_workers_have_parts_of_their_own() -> None:
    parts = [shuffled(part, 3) for part in range(3)]
    assert len({port for part in parts for port in part}) == sum(map(len, parts)) > 9_000


def test_programs_and_tests_do_not_share_ports() -> None:
    assert free_port() in PORTS
    assert free_port() not in FOR_TESTS


def test_no_free_port_is_told_with_the_range() -> None:
    with socket.create_server(("127.0.0.1", taken := web.free_port())), pytest.raises(OSError, match=f"{taken}"):
        next(free_ports([taken]))


def test_outgoing_connections_of_this_machine_take_other_ports() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert server.getsockname()[1] not in PORTS
        assert client.getsockname()[1] not in PORTS
