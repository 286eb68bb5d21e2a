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
    lea también · lee también · leer más · te puede interesar · le puede interesar · leggi anche · leggi di più
    potrebbe interessarti · leia também · leia mais · читайте также · читать также · смотрите также · читайте також
    zobacz także · czytaj także · ayrıca okuyun · haberin devamı · bunlar da ilginizi çekebilir · lees ook
    ayrıca oku · läs också · بیشتر بخوانید · همچنین بخوانید · مزید پڑھیں · یہ بھی پڑھیں
    lesen sie mehr · lesen sie hier · lesen sie dazu · lies auch · lest auch · das könnte sie auch interessieren
    das könnte dich auch interessieren · weitere artikel zum thema · sur le même sujet · lire la suite
    à voir aussi · vous aimerez aussi · à découvrir aussi · czytaj też · czytaj również · czytaj więcej
    przeczytaj także · przeczytaj też · przeczytaj również · zobacz też · zobacz również · les også · les mer om
    les hele saken · se også · læs også · læs mere om · läs även · läs mer om · se även · lue myös · lue lisää
    katso myös · lees meer · lees verder · bekijk ook · lea además · lee además · leer también · mira también
    también te puede interesar · sigue leyendo · noticias relacionadas · artículos relacionados · veja também
    veja mais · saiba mais · leia ainda · ler também · confira também · ti potrebbe interessare · leggi tutto
    vedi anche · continua a leggere · articoli correlati · читать далее · читать дальше · читайте подробнее
    читайте ещё · материалы по теме · дивіться також · читати далі · читати також · читайте ще · ilginizi çekebilir
    bunu da okuyun · devamını oku · bu haberler de ilginizi çekebilir · ادامه مطلب · بیشتر بدانید · اخبار مرتبط
    خبرهای مرتبط · یہ بھی دیکھیں · čtěte také · čtěte více · čtěte též · přečtěte si také · mohlo by vás zajímat
    čítajte aj · čítajte tiež · prečítajte si aj · mohlo by vás zaujímať · olvassa el ezt is · ez is érdekelheti
    kapcsolódó cikkek · citește și · citiți și · vezi și · citește mai mult · прочетете още · вижте още
    още по темата · pročitajte i · pročitajte još · čitajte još · pogledajte i · прочитајте још · διαβάστε επίσης
    διαβάστε ακόμη · διαβάστε περισσότερα · δείτε επίσης · קראו גם · קראו עוד · לקריאה נוספת · baca juga
    baca selengkapnya · simak juga · lihat juga · xem thêm · đọc thêm · 関連記事 · 続きを読む · 相关阅读 · 相關新聞
    延伸閱讀 · 관련기사 · 관련 기사 · यह भी पढ़ें · ये भी पढ़ें · और पढ़ें · আরও পড়ুন
"""
POINTER_LABELS: Final = """
    related · recommended · don't miss · up next · ذات صلة · مواد ذات صلة · موضوعات متعلقة · أخبار متعلقة
    مقالات متعلقة · قد يهمك · قد يعجبك · المزيد في · المزيد من · المزيد عن · للمزيد · اقرأ في · اقرأ عن
    auch interessant · ilgili haber · ilgili haberler · مطالب مرتبط
    mehr dazu · mehr infos · passend dazu · pour aller plus loin · más información · más sobre este tema
    relacionado · relacionadas · relacionados · per approfondire · по теме · подробнее · polecamy · relatert
    relateret · les mer · läs mer · læs mere · در همین زمینه · در همین رابطه
    lire · voir · leggi · lea · leia · lies · lees · czytaj · zobacz
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
    folgen sie uns · folge uns auf · suivez-nous · suivez nous sur · síguenos en · síguenos · siga-nos · seguici su
    følg oss på · følg os på · följ oss på · volg ons op · obserwuj nas · śledź nas · подпишитесь на
    следите за нами · artikel teilen · auf facebook teilen · partagez cet article · udostępnij na · paylaşın
    ما را دنبال کنید
"""
SHARE_LABELS: Final = """
    share · tweet · شارك · شارك هذا · مشاركة · طباعة · teilen · partager · compartir · condividi · paylaş
    udostępnij · compartilhar · compartilhe · dela · delen · sdílet · jaa · bagikan
"""

TAG_LABELS: Final = """
    tags · tagged · topics · keywords · filed under · الوسوم · وسوم · كلمات مفتاحية · الكلمات المفتاحية
    كلمات دلالية · الكلمات الدلالية · علامات · schlagwörter · mots-clés · etiquetas · теги · etiketler · برچسب ها
    stichworte · themen · thèmes · tagi · słowa kluczowe · temas · tópicos · argomenti · emner · ämnen · onderwerpen
    ключевые слова · کد خبر · شناسه خبر · کلیدواژه ها · کلمات کلیدی · تگ ها · štítky · ετικέτες · תגיות
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
    to view this video · your browser does not support · your browser doesn't support · متصفحك لا يدعم
    المتصفح لا يدعم · ihr browser unterstützt · dein browser unterstützt · votre navigateur ne · su navegador no
    tu navegador no · il tuo browser non · seu navegador não · ваш браузер не поддерживает · tarayıcınız
    مرورگر شما · twoja przeglądarka nie · nettleseren din støtter ikke · uw browser ondersteunt
    din webbläsare stöder inte · continua depois da publicidade · zum weiterlesen bitte
    continua a leggere dopo · story continues after · article continues below · article continues after
    continue reading below · klicken sie hier
    alle rechte vorbehalten · jetzt abonnieren · abonnieren sie · newsletter abonnieren
    dieser artikel ist exklusiv · dieser inhalt ist exklusiv · jetzt weiterlesen mit · weiterlesen mit
    sie haben noch kein abo · zur startseite · cet article est réservé aux abonnés · article réservé aux abonnés
    contenu réservé aux abonnés · la suite est réservée aux abonnés · inscrivez-vous à · déjà abonné
    todos los derechos reservados · suscríbete · suscríbase · este contenido es exclusivo · contenido exclusivo para
    artículo exclusivo para · inicia sesión para · todos os direitos reservados · continua após a publicidade
    conteúdo exclusivo para assinantes · assine agora · assine a newsletter · inscreva-se
    tutti i diritti riservati · riproduzione riservata · iscriviti alla · abbonati per
    contenuto riservato agli abbonati · wszelkie prawa zastrzeżone · zapisz się na · zapisz się do
    dalsza część artykułu · dalsza część tekstu · dalszy ciąg materiału · artykuł dostępny tylko dla
    treść dostępna tylko dla · artikkelen fortsetter under · saken fortsetter under · saken fortsetter etter
    bli abonnent · denne artikkelen er for abonnenter · denne saken er for abonnenter · artiklen fortsætter under
    artiklen fortsætter efter · artikeln fortsätter under · artikeln fortsätter efter · bli prenumerant
    artikel gaat verder onder · tekst loopt door onder · alle rechten voorbehouden · abone ol · abone olun
    оформите подписку · материал доступен только · все права защищены законом · усі права захищені · کلیه حقوق
    برای عضویت در کانال · všechna práva vyhrazena · toate drepturile rezervate · this article is for subscribers
    this content is for subscribers · subscribe to read · subscribe to continue · to continue reading
    هذا المقال للمشتركين · هذا المحتوى للمشتركين · المحتوى متاح للمشتركين
"""
NOTICE_LABELS: Final = """
    advertisement · comments · copyright · sponsored content · إعلان · إعلانات · التعليقات · حقوق النشر · حقوق الطبع
    anzeige · werbung · publicité · publicidad · publicidade · pubblicità · reklama · annonse · annonce · annons
    mainos · advertentie · reklam · реклама · تبلیغات · διαφήμιση · פרסומת · iklan · hirdetés · publicitate
"""

# Captions of pictures, and the names of their authors.
CAPTIONS: Final = """
    image copyright · image source · image caption · photo credit · photo by · photo courtesy · photograph by
    file photo · ap photo · مصدر الصورة · التعليق على الصورة · صورة أرشيفية · صورة من الأرشيف · crédit photo
    crédits photo
    archivfoto · archivbild · symbolbild · symbolfoto · arkivfoto · arkivbild · illustrasjonsfoto · foto de archivo
    foto d'archivio · photo d'archives · zdjęcie ilustracyjne · zdjęcie archiwalne · arşiv fotoğrafı · عکس آرشیوی
"""
CAPTION_LABELS: Final = """
    image · images · photo · photos · picture · pictured · photograph · caption · credit · credits · video · file
    illustration · getty images · صورة · الصورة · صور · فيديو · بالفيديو · بالصور · تصوير · عدسة · foto · bild
    légende · fotoğraf · görsel · фото · видео · عکس
    fot · zdjęcie · imagen · imagem · immagine · kuva · фотография · φωτογραφία · צילום · obrázek
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
    autor · autorin · autore · yazar · forfatter · skribent · autorka · redazione · oprac
"""
SOURCE_LABELS: Final = """
    source · sources · المصدر · quelle · kaynak · источник · منبع · ماخذ
    quellen · źródło · fuente · fonte · bron · kilde · källa · джерело · zdroj · lähde · forrás · πηγή · izvor
    מקור · sumber
"""

STAMP_LABELS: Final = """
    published · published on · posted on · updated · last updated · last updated at · نشر في · نشر بتاريخ
    تاريخ النشر · آخر تحديث · تم التحديث في · publié le · mis à jour le
    veröffentlicht · veröffentlicht am · aktualisiert · zuletzt aktualisiert · stand · publié · mis à jour
    publicado · publicado el · actualizado · actualizado el · publicado em · atualizado em · pubblicato il
    pubblicato · aggiornato · opublikowano · aktualizacja · publisert · oppdatert · publiceret · opdateret
    publicerad · uppdaterad · gepubliceerd · bijgewerkt · опубликовано · обновлено · yayınlanma · güncelleme
    yayın tarihi · تاریخ انتشار · به روز شده
"""
