"""Reads the name of an author from what a feed or a page gives as one: no address, and no name of an account.

Publishing systems sign with the account that stored the article where the editors left it so: "admin" says of the
author nothing that a reader should see.
"""

import re
from typing import Final

_HOST: Final = r"[\w-]{1,63}(?:\s?\.\s?[\w-]{1,63}|\s*[\[({<]\s*dot\s*[\])}>]\s*[\w-]{1,63}){0,5}"
_MAIL: Final = re.compile(
    r"[<(\[]?\b(?:mailto:)?[^\s@<>()]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+[>)\]]?"
    rf"|\b[\w.+-]{{1,64}}\s*[\[({{<]\s*at\s*[\])}}>]\s*(?:{_HOST}|…|\.{{3}})?"
    r"|\b[\w.+-]{1,64}\s+at\s+[\w-]{1,63}(?:\s+dot\s+[\w-]{1,63}){1,5}",
    re.IGNORECASE,
)
_MAY_BE_MAIL: Final = re.compile(r"@|\bat\b", re.IGNORECASE)
_ACCOUNT: Final = re.compile(
    r"(?:the[\s_-]?)?(?:(?:web|wp|site|blog|super|system|portal|news)[\s_.-]?)?"
    r"(?:admin(?:istrator)?|adm|root|master|user|superuser|redactor)[\s_.-]?\d{0,6}"
    r"|(?:guest|anonymous|unknown|default|wordpress|author|test|null|none|undefined|nobody|n/?a)\d{0,6}"
    r"|administrad(?:or|ora)|administrateur|amministratore|администратор|админ|yönetici|مدیر(?: سایت)?"
    r"|(?:ال)?[اأ]دمن|(?:مدير|مسؤول|مشرف) (?:ال)?موقع|المدير العام للموقع",
    re.IGNORECASE,
)


def without_mail(line: str) -> str:
    """Returns a line without addresses of e-mail, also without those that are spelt out, as in "mona [at] …".

    A name beside an address remains, and nothing else is shown of it.
    """
    return _MAIL.sub("", line).strip() if _MAY_BE_MAIL.search(line) else line


def person_name(line: str) -> str:
    """Returns the name in a line that should name an author, or "" if the line only names an account."""
    name = without_mail(line)
    return "" if _ACCOUNT.fullmatch(name.strip(" ,|·-()[]")) else name
