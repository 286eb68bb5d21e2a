"""The first words of boilerplate lines in articles: "read also", shares, notices, credits, captions.

Two modules use these lists: `bot.text.boilerplate_lines` for summaries and `bot.ingest.formats.page_boilerplate` for
pages. There are two kinds of phrases. *Openings* open hardly any sentence of an article, so whatever follows them
belongs to the boilerplate line. *Labels* open sentences as well ("شارك" took part, "Related" to him …), so they count
only if a mark or the end of the line follows them. The lists leave out lines whose first words do not distinguish
them from sentences: each entry can remove a real sentence.
"""

import re
from itertools import groupby
from typing import Final

from bot.text.arabic import normalize


def starting(*phrases: str) -> str:
    """Returns a pattern that matches any of the phrases in normalized text. The longest matching phrase wins.

    In `phrases`, " · " or a line end separates two phrases.
    """
    normalized = {
        normalize(phrase) for one in phrases for line in one.splitlines() for phrase in line.split(" · ")
    } - {""}
    return _any_of(sorted(normalized))


def _any_of(phrases: list[str]) -> str:
    """Returns the pattern of `starting` as a tree: phrases that begin alike share the letters of their beginning.

    So a text is compared with a letter of each beginning, and not with each of two hundred phrases.
    """
    if len(phrases) == 1:
        return _escaped(phrases[0])
    branches = []
    for letter, several in groupby(filter(None, phrases), key=lambda phrase: phrase[0]):
        branches.append(_escaped(letter) + _any_of([phrase[1:] for phrase in several]))
    return f"(?:{'|'.join(branches)}){'' if phrases[0] else '?'}"


def _escaped(text: str) -> str:
    return re.escape(text).replace("'", "['’]")


# Links to other articles.
POINTERS: Final = """
    read more · read also · also read · read next · read the full · see also · more on this · more on this story
    related stories · related articles · related topics · related news · continue reading · click here
    you may also like · you might also like · watch also · watch more
    اقرأ أيضا · اقرأ المزيد · اقرأ كذلك · اقرأ التفاصيل · اقرأوا أيضا · اقرؤوا أيضا · طالع أيضا · طالعوا أيضا
    شاهد أيضا · شاهدوا أيضا · شاهد المزيد · شاهد الفيديو · شاهد بالفيديو · انظر أيضا · قد يهمك أيضا · قد يعجبك أيضا
    للمزيد من · لقراءة المزيد · لقراءة الخبر · لقراءة التفاصيل · لمتابعة القراءة · تابع القراءة · تابعوا أيضا
    مواضيع ذات صلة · موضوعات ذات صلة · أخبار ذات صلة · مقالات ذات صلة · مواضيع متعلقة · اضغط هنا · انقر هنا
    lire aussi · à lire aussi · lire également · à lire également · voir aussi · lesen sie auch · mehr zum thema
    lea también · lee también · leer más · te puede interesar · le puede interesar · leggi anche
    potrebbe interessarti · leia também · leia mais · читайте также · читать также · смотрите также · читайте також
    zobacz także · czytaj także · ayrıca okuyun · haberin devamı · bunlar da ilginizi çekebilir · lees ook · läs också
    بیشتر بخوانید · همچنین بخوانید · مزید پڑھیں · یہ بھی پڑھیں
"""
POINTER_LABELS: Final = """
    related · recommended · don't miss · up next · ذات صلة · مواد ذات صلة · موضوعات متعلقة · أخبار متعلقة
    مقالات متعلقة · قد يهمك · قد يعجبك · المزيد في · المزيد من · المزيد عن · للمزيد · اقرأ في · اقرأ عن
    auch interessant · ilgili haber · ilgili haberler · مطالب مرتبط
"""
# Single words. They open so many sentences and headings that a page keeps a line of two words that begins with one.
POINTER_WORDS: Final = """
    read · more · watch · listen · اقرأ · شاهد · المزيد · لمزيد
"""

# Requests to share, print or follow.
SHARES: Final = """
    share this · share on · share via · follow us · like us on · find us on · join us on · join our
    copy link · print this · email this · send to a friend
    تابعونا · تابعنا على · تابعوا صفحتنا · تابعوا قناتنا · تابع صفحتنا · تابعوا آخر · شارك المقال · شارك الخبر
    شارك هذا المقال · شارك هذا الخبر · شارك على فيسبوك · شارك على تويتر · شارك على واتساب · شاركوا الخبر
    شاركوا المقال · شاركها · مشاركة عبر · انضم إلى قناتنا · انضموا إلى قناتنا · انضموا إلينا · أرسل إلى صديق
    نسخ الرابط · انسخ الرابط · حجم الخط · partager sur · bizi takip edin · подписывайтесь на · поделиться
    اشتراک گذاری · شیئر کریں
"""
SHARE_LABELS: Final = """
    share · tweet · شارك · شارك هذا · مشاركة · طباعة · teilen · partager · compartir · condividi · paylaş
"""

TAG_LABELS: Final = """
    tags · tagged · topics · keywords · filed under · الوسوم · وسوم · كلمات مفتاحية · الكلمات المفتاحية
    كلمات دلالية · الكلمات الدلالية · علامات · schlagwörter · mots-clés · etiquetas · теги · etiketler · برچسب ها
"""

# Notices about rights, newsletters, comments and cookies.
NOTICES: Final = """
    all rights reserved · sign up for · sign up to · subscribe to · subscribe now · get our newsletter
    download our app · leave a comment · add a comment · post a comment · no comments · we use cookies
    this site uses cookies · this website uses cookies · accept cookies · story continues below
    this material may not be published
    جميع الحقوق محفوظة · كافة الحقوق محفوظة · كل الحقوق محفوظة · حقوق النشر محفوظة · حقوق الطبع محفوظة
    اشترك في نشرتنا · اشترك في النشرة · اشترك في قناتنا · اشترك الآن · اشتركوا في نشرتنا
    اشتركوا في النشرة · اشتركوا في قناتنا · للاشتراك في نشرتنا · للاشتراك في النشرة · للاشتراك في قناتنا
    سجل في نشرتنا · احصل على آخر الأخبار · أضف تعليق · أضف تعليقا · أضف تعليقك · اترك تعليق · اترك تعليقا
    اكتب تعليق · اكتب تعليقا · لا توجد تعليقات · لا يوجد تعليقات · حمل التطبيق · حمل تطبيقنا · نستخدم ملفات تعريف
    يستخدم هذا الموقع ملفات · tous droits réservés · abonnez-vous · tüm hakları saklıdır · все права защищены
    تمامی حقوق محفوظ · تمامی حقوق مادی · جملہ حقوق محفوظ
"""
NOTICE_LABELS: Final = """
    advertisement · comments · copyright · sponsored content · إعلان · إعلانات · التعليقات · حقوق النشر · حقوق الطبع
"""

# Captions of pictures, and the names of their authors.
CAPTIONS: Final = """
    image copyright · image source · image caption · photo credit · photo by · photo courtesy · photograph by
    file photo · ap photo · مصدر الصورة · التعليق على الصورة · صورة أرشيفية · صورة من الأرشيف · crédit photo
    crédits photo
"""
CAPTION_LABELS: Final = """
    image · images · photo · photos · picture · pictured · photograph · caption · credit · credits · video · file
    illustration · getty images · صورة · الصورة · صور · فيديو · بالفيديو · بالصور · تصوير · عدسة · foto · bild
    légende · fotoğraf · görsel · фото · видео · عکس
"""

# Authors, editors and sources of the text.
CREDITS: Final = """
    reporting by · additional reporting by · editing by · this article was originally published
    this article was first published · this story was originally published · this story has been updated
    this article has been updated · ساهم في إعداد · ساهمت في إعداد · شارك في إعداد التقرير
    تم نشر هذا المقال · نشر هذا المقال
"""
CREDIT_LABELS: Final = """
    author · الكاتب · المحرر · تحرير · إعداد · ترجمة · بقلم · auteur · автор · نویسنده
"""
SOURCE_LABELS: Final = """
    source · sources · المصدر · quelle · kaynak · источник · منبع · ماخذ
"""

STAMP_LABELS: Final = """
    published · published on · posted on · updated · last updated · last updated at · نشر في · نشر بتاريخ
    تاريخ النشر · آخر تحديث · تم التحديث في · publié le · mis à jour le
"""
