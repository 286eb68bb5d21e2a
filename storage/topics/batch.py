"""A batch of articles on its way into storage: what one transaction has added, revised, withdrawn and held."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from storage.database import Transaction
from storage.records import (
    ChangedArticle,
    Decide,
    EarlyWithdrawal,
    NewArticle,
    SearchText,
    SeenArticle,
    Stored,
    WithdrawnArticle,
)
from storage.topics import admission, early_withdrawals, pushing, storing, waiting
from storage.topics.article_keys import adopt_articles, note_seen
from storage.topics.withdrawing import withdraw_by_source


@dataclass(slots=True)
class Batch:
    """Stores articles one by one, and collects what came of them. Numbers below 0 are those of the desk."""

    transaction: Transaction
    now: datetime
    decide: Decide | None
    added: list[int] = field(default_factory=list)
    pushed: list[int] = field(default_factory=list)
    copies: list[int] = field(default_factory=list)
    passed_over: list[str] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    revised: list[int] = field(default_factory=list)
    withdrawn: list[int] = field(default_factory=list)
    others: list[int] = field(default_factory=list)  # further articles whose messages change
    texts: dict[int, SearchText] = field(default_factory=dict)  # to be indexed
    private: dict[int, int | None] = field(default_factory=dict)  # the private ones of them, with their sources

    async def add(self, article: NewArticle) -> None:
        """Store a new article, or put it on the desk. An article that its source has withdrawn is passed over."""
        if await early_withdrawals.is_withdrawn(
            self.transaction, article.keys, source_id=article.source_id, version=article.version
        ):
            self.passed_over.append(article.identity)
            return
        asked = await admission.ask(self.transaction, article)
        if await waiting.hold_article(self.transaction, article, self.now, needs_approval=asked.needs_approval):
            self.held.append(article.identity)
            return
        made = await storing.publish_article(self.transaction, article, self.now, self.decide, asked)
        if made is None:
            self.passed_over.append(article.identity)
            return
        self.added.append(made.id)
        self.texts[made.id] = article.search
        self.private |= {made.id: article.source_id} if article.private else {}
        self.others += made.others
        self.copies += [made.id] if made.has_known_text else []
        self.pushed += [made.id] if made.is_pushed else []

    async def note_seen(self, known: SeenArticle) -> None:
        """Note that another source lists a stored article."""
        await note_seen(self.transaction, known.source_id, known.article_id, known.keys)
        await adopt_articles(self.transaction, known.source_id, [known.article_id] if known.is_own else [])

    async def revise(self, change: ChangedArticle) -> None:
        """Replace the text of an article, or of one on the desk."""
        if change.article_id < 0:
            change = await waiting.current_change(self.transaction, change)
        if change.article_id < 0:
            done = await waiting.revise(self.transaction, change, self.now)
        else:
            revised = await storing.revise_article(self.transaction, change, self.now, self.decide)
            done = revised is not None
            if revised is not None:
                self.texts[change.article_id] = change.search
                self.private |= {change.article_id: revised.source_id} if revised.private else {}
        self.revised += [change.article_id] if done else []

    async def raise_to_breaking(self, article_id: int) -> None:
        """Push an article as breaking news, or let it be pushed so when it leaves the desk."""
        published: int | None = article_id
        if article_id < 0:
            published = await waiting.raise_to_breaking(self.transaction, article_id, self.now)
        if published is not None and await pushing.raise_to_breaking(self.transaction, published, self.now):
            self.pushed.append(published)

    async def note_versions(self, versions: Sequence[tuple[int, int]]) -> None:
        """Note the versions that sources give to texts that are there already."""
        await storing.note_versions(self.transaction, [one for one in versions if one[0] > 0])
        await waiting.note_versions(self.transaction, [one for one in versions if one[0] < 0])

    async def withdraw(self, article: WithdrawnArticle | EarlyWithdrawal) -> None:
        """Withdraw an article, or take it off the desk. Keep the withdrawal of an article that did not come yet."""
        if isinstance(article, EarlyWithdrawal):
            stored = await early_withdrawals.put(self.transaction, article, self.now)
            if stored is None:
                return
            article = stored
        if article.article_id < 0:
            article = await waiting.current_withdrawal(self.transaction, article)
        if article.article_id < 0:
            done = await waiting.withdraw(self.transaction, article, self.now)
        else:
            done = await withdraw_by_source(self.transaction, article, self.now, self.others)
        self.withdrawn += [article.article_id] if done else []

    def stored(self) -> Stored:
        return Stored(
            added=tuple(self.added),
            pushed=tuple(self.pushed),
            changed=tuple(self.revised),
            copies=tuple(self.copies),
            passed_over=tuple(self.passed_over),
            withdrawn=tuple(self.withdrawn),
            held=tuple(self.held),
        )
