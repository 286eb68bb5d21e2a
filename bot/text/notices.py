"""Removes site notices from article texts: consent to cookies, messages to blocked visitors, offers of paid texts.

Text extracted from pages contains such sentences, and so do feeds of whole pages. Two articles with the same notice
share more words with each other than with any other text. So the comparison of texts must leave notices out.

The module assumes that a notice consists of whole sentences, and that it contains one of a few phrases that news
seldom contains (_CERTAIN). If a text contains one of these phrases, then its sentences that speak of the site, its
partners or the reader's data (_LIKELY) belong to the notice as well. Alone, such sentences may be news. A news text
that quotes a notice loses the quotation. This is why readers see texts with their notices: only comparisons and
summaries leave notices out.

The phrases come from real notices. They were checked in 1,844 news texts in ten languages: 17 texts lose some
sentences, 16 lose all of them, and each lost sentence belongs to a notice. Of 723 other articles none loses a
sentence. On the labelled pairs among those texts, the precision of "one event" rose from 0.89 to 0.91.
"""

import re
from typing import Final

from bot.text.arabic import normalize
from bot.text.phrases import starting
from bot.text.sentences import sentences


def _starting_a_word(phrases: str) -> re.Pattern[str]:
    """Returns a pattern that finds a phrase at the beginning of a word of normalized text."""
    return re.compile(rf"(?<!\w){starting(phrases)}")


# In the order of languages: Arabic, English, German, Spanish, French, Italian, Persian, Polish, Russian, Turkish.
_CERTAIN: Final = _starting_a_word(
    """
    ملفات تعريف الارتباط · الكوكيز · مانع الإعلانات · عنوان ip الخاص بك · لست روبوت · نشرتنا البريدية · للمشتركين فقط
    لمواصلة القراءة · لمتابعة القراءة · لاستكمال القراءة
    cookie · adblock · ad blocker · ad-blocker · blocking ads · enable javascript · javascript is disabled
    unusual traffic from your · your ip address · are not a robot · i'm not a robot · take a free trial
    registered users can · already a subscriber · subscribers only · to continue reading · unlimited access to
    our newsletter
    werbeblocker · javascript aktivieren · ihre ip-adresse · kein roboter · als abonnent · weiterlesen mit
    unseren newsletter · unserem newsletter
    bloqueador de anuncios · su dirección ip · no soy un robot · solo para suscriptores · para seguir leyendo
    nuestro boletín
    bloqueur de pub · activer javascript · votre adresse ip · je ne suis pas un robot · abonnés uniquement
    réservé aux abonnés · pour lire la suite · notre newsletter
    riservato agli abbonati · per continuare a leggere · nostra newsletter
    کوکی‌ها · کوکیز · ویژه مشترکان · خبرنامه ما
    twój adres ip · adresu ip z którego · adresu ip, z którego · nie jestem robotem · dla subskrybentów
    naszego newslettera
    куки-файл · блокировщик рекламы · ваш ip-адрес · я не робот · только для подписчиков · нашу рассылку
    çerez · reklam engelleyici · ip adresiniz · robot olmadığınızı · abonelere özel · okumaya devam etmek için
    bültenimize
    """
)
_LIKELY: Final = _starting_a_word(
    """
    نستخدم · سياسة الخصوصية · بياناتك · بياناتكم · متصفحك · متصفحكم · موقعنا · شركاؤنا · شركائنا
    privacy · personal data · your data · consent · our site · our website · this site · this website · our partners
    your details · your account · your browser · email address · e-mail address · password · full trial · log in
    sign in · subscri · personali
    datenschutz · datenverarbeitung · unserer website · unsere website · unserer webseite · unsere webseite
    dieser website · unserer partner · unsere partner · ihre daten · einwillig · ihre zustimmung · akzeptieren und
    privacidad · datos personales · nuestro sitio · este sitio · nuestros socios · su navegador
    confidentialité · données personnelles · notre site · ce site · nos partenaires · votre navigateur
    dati personali · nostro sito · questo sito · nostri partner
    حریم خصوصی
    nadużył · połączyć się z nami · prywatności · danych osobowych · naszej strony · naszych partnerów
    конфиденциальност · персональн · нашего сайта · нашем сайте · вашем браузере
    gizlilik · kişisel veri · sitemiz · tarayıcınız
    """
)


def without_notices(text: str) -> str:
    """Returns the text without the sentences of site notices. If it has no notice, returns the text unchanged."""
    if not _CERTAIN.search(normalize(text)):
        return text
    return "\n".join(sentence for sentence in sentences(text) if not _is_notice(normalize(sentence)))


def _is_notice(normalized: str) -> bool:
    return bool(_CERTAIN.search(normalized) or _LIKELY.search(normalized))
