"""Lines of an article's text that are no sentences of it: by-lines, captions, "read more", share and copyright lines.

Assumes that such a line stands by itself, is short, and opens with one of a few phrases of its language. Only whole
lines are judged: a dateline in front of a sentence belongs to the sentence. Matching is on folded text, so that إقرأ
and اقرأ are one phrase. A phrase is listed with what must follow where the word alone opens sentences too ("صورة" is
a caption before a colon only, "By" before names only).
"""

import re
from typing import Final

from bot.text.arabic import fold
from bot.text.sentences import is_ended

LONGEST: Final = 25  # words; a longer line is a paragraph, whatever it opens with


def _any(phrases: str) -> str:
    """A pattern for one of the phrases, each on a line of its own, longest first."""
    folded = sorted({fold(line) for line in phrases.strip().splitlines()}, key=len, reverse=True)
    return "(?:" + "|".join(re.escape(phrase) for phrase in folded) + ")"


# Whatever follows.
_OPENINGS: Final = _any(
    """
    read more
    read also
    read next
    also read
    see also
    more on this
    more on this story
    related stories
    related articles
    related topics
    follow us
    follow @
    sign up for
    sign up to
    subscribe to
    subscribe now
    click here
    share this
    share on
    join our
    download our app
    advertisement
    copyright
    ©
    (c)
    all rights reserved
    reporting by
    additional reporting by
    editing by
    image copyright
    image source
    image caption
    photo credit
    photo by
    اقرأ أيضا
    اقرأ المزيد
    اقرأ كذلك
    اقرؤوا أيضا
    طالع أيضا
    شاهد أيضا
    شاهدوا أيضا
    قد يهمك أيضا
    للمزيد من
    لقراءة المزيد
    مواضيع ذات صلة
    موضوعات ذات صلة
    أخبار ذات صلة
    مواضيع متعلقة
    تابعونا
    تابعنا على
    تابعوا صفحتنا
    تابعوا قناتنا
    تابع صفحتنا
    شارك المقال
    شارك الخبر
    شارك هذا
    شارك على
    شارك عبر
    شاركوا الخبر
    شاركها
    اشترك في
    اشتركوا في
    اشترك الآن
    للاشتراك في
    انضم إلى قناتنا
    انضموا إلى قناتنا
    اضغط هنا
    انقر هنا
    حمل التطبيق
    حقوق النشر
    حقوق الطبع
    جميع الحقوق محفوظة
    كافة الحقوق محفوظة
    مصدر الصورة
    التعليق على الصورة
    lire aussi
    à lire aussi
    tous droits réservés
    partager sur
    abonnez-vous
    crédit photo
    lesen sie auch
    lea también
    leia também
    ayrıca okuyun
    tüm hakları saklıdır
    bizi takip edin
    haberin devamı
    читайте также
    все права защищены
    подписывайтесь на
    поделиться
    بیشتر بخوانید
    همچنین بخوانید
    تمامی حقوق
    یہ بھی پڑھیں
    مزید پڑھیں
    جملہ حقوق محفوظ
    """
)
# Before a colon or the like.
_LABELS: Final = _any(
    """
    image
    images
    photo
    photos
    picture
    caption
    video
    watch
    listen
    source
    sources
    author
    tags
    share
    related
    read
    صورة
    الصورة
    صور
    فيديو
    بالفيديو
    بالصور
    شاهد
    المصدر
    تصوير
    بقلم
    الكاتب
    المحرر
    تحرير
    إعداد
    ترجمة
    وسوم
    كلمات مفتاحية
    اقرأ
    المزيد
    لمزيد
    للمزيد
    foto
    bild
    légende
    vidéo
    auteur
    fotoğraf
    görsel
    kaynak
    фото
    видео
    источник
    автор
    عکس
    تصویر
    منبع
    نویسنده
    ماخذ
    """
)
_OPENED: Final = re.compile(rf"\W*(?:{_OPENINGS}(?!\w)|{_LABELS}\s*[:|©/(\[–—-])")
_WITHIN: Final = re.compile(
    _any(
        """
        all rights reserved
        جميع الحقوق محفوظة
        contributed to this report
        ساهم في هذا التقرير
        """
    )
)
_NAME: Final = r"[A-ZÀ-ÞА-Я][\w.'’-]*"
_LATIN_BYLINE: Final = re.compile(
    rf"(?:[Bb]y|BY|Par|Von|Por|Door|Автор)\s+{_NAME}(?:[\s,]+(?:and|et|und|y|de|van|von|al|{_NAME})){{0,8}}\.?"
)
_WROTE: Final = _any(
    """
    كتب
    كتبت
    بقلم
    إعداد
    تحرير
    ترجمة
    تقرير
    مراسل
    مراسلنا
    """
)
_ARABIC_BYLINE: Final = re.compile(rf"{_WROTE}(?:\s+\w+){{1,5}}")
_AGENCY: Final = re.compile(
    r"\b"
    + _any(
        """
        reuters
        afp
        associated press
        ap
        dpa
        bbc
        cnn
        رويترز
        أ ف ب
        أ.ف.ب
        فرانس برس
        د ب أ
        د.ب.أ
        وكالات
        الوكالات
        سانا
        واس
        وام
        الأناضول
        ايسنا
        ایسنا
        ایرنا
        тасс
        anadolu
        """
    )
    + r"\b"
)
_AGENCY_LINE: Final = 6  # words of a line that is place and agency


def is_furniture(line: str) -> bool:
    """Whether a line is none of the story: it names who made or owns it, or asks the reader for something."""
    words = len(line.split())
    if words > LONGEST:
        return False
    folded = fold(line)
    if not any(letter.isalnum() for letter in folded):
        return True
    ended = is_ended(line)
    return bool(
        _OPENED.match(folded)
        or _WITHIN.search(folded)
        or _LATIN_BYLINE.fullmatch(line.strip())
        or (not ended and _ARABIC_BYLINE.fullmatch(folded))
        or (not ended and words <= _AGENCY_LINE and _AGENCY.search(folded))
    )
