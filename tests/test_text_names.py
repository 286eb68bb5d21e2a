"""Who is named as an author is a person or a newsroom, and neither an address nor an account."""

import pytest

from bot.text.names import person_name, without_mail


@pytest.mark.parametrize(
    "said",
    [
        "admin", "Administrator", "admin2", "wp-admin", "Site Admin", "webmaster", "Super User", "user17", "root",
        "WordPress", "مدير الموقع", "الأدمن", "администратор", "(admin)", "mona@harbour.example",
        "mona [at] harbour.example", "mona(at)harbour(dot)example", "mona [at] …", "mona at harbour dot example",
    ],
)  # fmt: skip
def test_an_account_or_an_address_is_no_name(said: str) -> None:
    assert person_name(said) == ""


@pytest.mark.parametrize(
    "said",
    [
        "Mona Haddad", "Mona Admin Haddad", "Adminah Noor", "Harbour News", "Sami, at the harbour",
        "User Desk", "Mona Haddad (at sea)", "منى الحداد", "Root Sports", "editor",
    ],
)  # fmt: skip
def test_a_name_stays_as_it_is_written(said: str) -> None:
    assert person_name(said) == said


def test_a_name_beside_an_address_remains() -> None:
    assert without_mail("Mona Haddad <mona@harbour.example>") == "Mona Haddad"
    assert without_mail("Mona Haddad mona [at] harbour.example") == "Mona Haddad"
