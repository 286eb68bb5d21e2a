"""The contract of storage. It has one Protocol for each topic, and each method says what it promises.

Callers may rely on these rules in every topic:

- A method that writes does so in one transaction: it stores everything or nothing. A method that works in several
  steps says so. When a method returns, a power cut does not undo its writes, unless the method says otherwise.
- A method that only reads sees the last commit, and never waits for a writer.
- Times are aware UTC. `chat_row` is the id of our row for a chat or for one of its topics. `chat_id` is the number
  that Telegram gives to the chat.
- If a limit is below 1, the method does nothing or returns nothing. A list is never longer than its limit. A row that
  can't be read is left out of the list and logged. It does not stop other rows.
- Every method may raise the errors of `storage.errors` that concern the whole database: busy, full, read-only or
  damaged. If a method raises another error, its docstring names the error.

An implementer must not call the network and must not retry a transaction. If a reader, a delivery or a source causes
a call, the method must not walk through all chats, articles or deliveries.
"""

from storage.contract.articles import Archive, Articles, Stories
from storage.contract.chats import Bans, CategoryTopics, Chats, ShownLists
from storage.contract.choices import Choices, Follows, PersonalData, Saved
from storage.contract.deliveries import DeadLetters, Deliveries, DigestSnapshots, Metrics
from storage.contract.desk import Audit, Desk
from storage.contract.hooks import Hooks
from storage.contract.hubs import HubSubscriptions
from storage.contract.logins import Histories, Logins
from storage.contract.reactions import Reactions
from storage.contract.reading import Categories, Search
from storage.contract.sources import Pages, Pictures, Sources
from storage.contract.upkeep import BotAccounts, Imports, Inbox, Settings
from storage.contract.watching import Alarms, Canary, ReachLog, Work

__all__ = [
    "Alarms",
    "Archive",
    "Articles",
    "Audit",
    "Bans",
    "BotAccounts",
    "Canary",
    "Categories",
    "CategoryTopics",
    "Chats",
    "Choices",
    "DeadLetters",
    "Deliveries",
    "Desk",
    "DigestSnapshots",
    "Follows",
    "Histories",
    "Hooks",
    "HubSubscriptions",
    "Imports",
    "Inbox",
    "Logins",
    "Metrics",
    "Pages",
    "PersonalData",
    "Pictures",
    "ReachLog",
    "Reactions",
    "Saved",
    "Search",
    "Settings",
    "ShownLists",
    "Sources",
    "Stories",
    "Work",
]
