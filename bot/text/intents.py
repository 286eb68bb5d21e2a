"""Understands everyday requests that are typed without a command: "news", "الإعدادات", "thanks".

A request is the whole text, so that "stop" ends the alerts and "stop the war" is searched for. Requests are compared
as names are: without vowel signs, kinds of letters and the article ال.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final

from bot.text.arabic import normalize
from bot.text.fuzzy_names import comparable

LONGEST: Final = 60  # characters of a request


class Intent(StrEnum):
    """What a person wants. Those with the name of a command do what the command does."""

    LATEST = "latest"
    CATEGORY = "category"
    MINE = "mine"
    SAVED = "saved"
    SEARCH = "search"
    SETTINGS = "settings"
    HELP = "help"
    STOP = "stop"
    START = "start"
    GREETING = "greeting"
    THANKS = "thanks"


@dataclass(frozen=True, slots=True)
class Request:
    intent: Intent
    words: str = ""  # what to search for


# "|" separates phrases.
_PHRASES: Final = {
    Intent.LATEST: (
        "news|the news|latest|latest news|the latest|newest|headlines|top news|breaking news|news today|today's news"
        "|what's the news|the news today"
        "|what's new|what is new|any news"
        "|الأخبار|آخر الأخبار|أحدث الأخبار|آخر خبر|أخبار اليوم|أهم الأخبار|العناوين|أهم العناوين|الجديد|ما الجديد"
        "|شو الأخبار|ما الأخبار|ما هي الأخبار|ما آخر الأخبار|ما هي آخر الأخبار|ما هو الجديد|عاجل"
    ),
    Intent.CATEGORY: "category|categories|sections|topics|all categories|الأقسام|كل الأقسام|التصنيفات|الفئات|قسم",
    Intent.MINE: (
        "my categories|my sections|my topics|my news|my subscriptions|alerts|my alerts|subscribe|subscriptions"
        "|أقسامي|أخباري|اشتراكاتي|متابعاتي|التنبيهات|تنبيهاتي|اشتراك|الاشتراكات|اشترك"
    ),
    Intent.SAVED: "saved|saved articles|my saved|bookmarks|favorites|favourites|المحفوظات|محفوظاتي|المفضلة|مفضلتي",
    Intent.SEARCH: "search|find|search for|بحث|ابحث|ابحث عن|بحث عن|أريد أن أبحث",
    Intent.SETTINGS: "settings|setting|preferences|options|الإعدادات|الإعداد|إعداداتي|الضبط|التفضيلات|الخيارات",
    Intent.HELP: (
        "help|help me|commands|menu|instructions|how does this work|how does it work|what can you do|how to use"
        "|مساعدة|ساعدني|النجدة|الأوامر|القائمة|ماذا تفعل|ماذا يمكنك أن تفعل|ماذا تستطيع|كيف أستخدمك|كيف أستخدم البوت"
        "|طريقة الاستخدام|كيف يعمل البوت"
    ),
    Intent.STOP: (
        "stop|stop alerts|stop it|unsubscribe|pause|turn off alerts|no more alerts|quit"
        "|إيقاف|توقف|أوقف|قف|كفى|أوقف التنبيهات|إيقاف التنبيهات|إلغاء الاشتراك|لا أريد تنبيهات"
    ),
    Intent.START: "start|begin|ابدأ|بدء|البداية|بدء المحادثة",
    Intent.GREETING: (
        "hi|hello|hey|hello there|hi there|good morning|good afternoon|good evening|good day|salam|salam alaikum"
        "|how are you|السلام عليكم|سلام|سلام عليكم|السلام عليكم ورحمة الله|السلام عليكم ورحمة الله وبركاته"
        "|وعليكم السلام|مرحبا|مرحبا بك|أهلا|أهلا وسهلا|أهلين|هلا|هاي|صباح الخير|صباح النور|مساء الخير|مساء النور"
        "|كيف حالك|كيف الحال|كيفك|شلونك|إزيك|تحياتي|حياك الله"
    ),
    Intent.THANKS: (
        "thanks|thank you|thank you very much|thanks a lot|many thanks|thx|ty|ok|okay|great|nice|cool|perfect|bye"
        "|goodbye|good night|شكرا|شكرا لك|شكرا جزيلا|شكرا كثيرا|ألف شكر|مشكور|مشكورين|تسلم|يسلمو|يعطيك العافية|ممتاز"
        "|رائع|جميل|حسنا|تمام|طيب|أوكي|مع السلامة|وداعا|إلى اللقاء|تصبح على خير|بارك الله فيك|جزاك الله خيرا"
        "|الله يعطيك العافية|👍|🙏|❤|👏|🌹|💐|😊"
    ),
}
# What people say before and after the name of a category or a source to read its news.
_BEFORE_NAMES: Final = (
    *("latest news about", "latest news from", "news about", "news from", "latest", "category"),
    *("آخر أخبار", "أحدث أخبار", "أخبار قسم", "أخبار", "قسم"),
)
_AFTER_NAMES: Final = ("latest news", "news", "category")
_SEARCHED_AFTER: Final = ("search for ", "search ", "find ", "ابحث عن ", "ابحث لي عن ", "بحث عن ")

# A command that is typed in Arabic, or in a word of its own, and the command that does it.
_COMMAND_WORDS: Final = {
    "categories": "categories|sections|topics|الأقسام|أقسام",
    "summary": "read|open|article|ملخص|الملخص|اقرأ|قراءة|خبر|افتح",
    "subscribe": "alerts|اشتراك|اشترك|تفعيل|تنبيهات|تنبيه",
    "unsubscribe": "إلغاء|إلغاء الاشتراك|ألغ",
    "add": "إضافة|أضف",
    "sources": "المصادر|مصادري",
    "follow": "متابعة|تابع",
    "unfollow": "إلغاء المتابعة",
    "following": "متابعاتي|المتابعات",
    "mute": "كتم|اكتم|تجاهل",
    "why": "لماذا",
    "snooze": "غفوة|تأجيل",
    "export": "تصدير",
    "mydata": "بياناتي",
    "forgetme": "انسني|احذف بياناتي",
}


def understand(text: str) -> Request | None:
    """Returns the request that the whole text is, or None if it is none."""
    if len(text) > LONGEST:
        return None
    if text.strip() and not text.strip().strip("?؟ "):
        return Request(Intent.HELP)
    for beginning in _SEARCHED_AFTER:
        words = text[len(beginning) :].strip()
        if words and normalize(text[: len(beginning)]) == normalize(beginning):
            return Request(Intent.SEARCH, words)
    intent = _intents().get(_key(text))
    return Request(intent) if intent is not None else None


def name_asked_for(text: str) -> str | None:
    """Returns the name in a request for news of a category or a source, or None: "sports news", "أخبار الرياضة"."""
    typed = normalize(text)
    for before in _BEFORE_NAMES:
        if typed.startswith(beginning := f"{normalize(before)} "):
            return typed.removeprefix(beginning)
    for after in _AFTER_NAMES:
        if typed.endswith(end := f" {after}"):
            return typed.removesuffix(end)
    return None


def command_meant_by(name: str) -> str | None:
    """Returns the command for a name that is a word for it, in Arabic too: "/بحث" is /search."""
    key = _key(name.replace("_", " "))
    intent = _intents().get(key)
    return _commands().get(key) or (intent.value if intent in _WITH_COMMAND else None)


_WITH_COMMAND: Final = frozenset(Intent) - {Intent.MINE, Intent.GREETING, Intent.THANKS}


def _key(text: str) -> str:
    return comparable(text) or text.strip("\ufe0f ")


@cache
def _intents() -> dict[str, Intent]:
    return {_key(phrase): intent for intent, phrases in _PHRASES.items() for phrase in phrases.split("|")}


@cache
def _commands() -> dict[str, str]:
    return {_key(word): command for command, words in _COMMAND_WORDS.items() for word in words.split("|")}
