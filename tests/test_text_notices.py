"""Notices of sites: left out of what is compared, news kept."""

import pytest

from bot.ingest.draft import Draft
from bot.ingest.prepare import prepare_texts
from bot.text.notices import without_notices

NEWS = "The ferry to Marsan sails again on Friday. Its captain said that both pumps were replaced."
NOTICES = {
    "ar": "نستخدم ملفات تعريف الارتباط لتحسين تجربتك. للمزيد اقرأ سياسة الخصوصية. خزن المرفأ القمح في ثلاث صوامع.",
    "en": "We use cookies on this site. Read our privacy policy. The port stored the wheat in three silos.",
    "de": "Diese Seite nutzt Cookies. Mehr im Datenschutz. Der Hafen lagerte den Weizen in drei Silos.",
    "tr": "Sitemizde çerezler kullanılır. Gizlilik politikasını okuyun. Liman buğdayı üç siloda depoladı.",
    "pt": "Usamos cookies neste portal. Leia a política de privacidade. O porto guardou o trigo em três silos.",
    "fi": "Käytämme evästeitä. Lue tietosuojaselosteemme. Satama varastoi vehnän kolmeen siiloon.",
    "hu": "Ez az oldal sütiket használ. Olvassa el adatvédelmi oldalunkat. A kikötő a búzát silókban tárolta.",
    "el": "Χρησιμοποιούμε cookies. Διαβάστε την πολιτική απορρήτου. Το λιμάνι αποθήκευσε το σιτάρι.",
    "hi": "हम कुकीज़ का उपयोग करते हैं. गोपनीयता नीति पढ़ें. बंदरगाह ने गेहूं तीन गोदामों में रखा.",
    "ko": "이 사이트는 쿠키를 사용합니다. 개인정보 처리방침을 읽어 주세요. 항구는 밀을 창고에 보관했다.",
    "zh": "本网站使用cookie. 请阅读隐私政策. 港口把小麦存放在三个筒仓里.",
    "ja": "当サイトではクッキーを使います. プライバシーについてお読みください. 港は小麦を三つのサイロに入れた.",
    "pl": "Używamy plików cookies. Szczegóły w polityce prywatności. Port złożył pszenicę w trzech silosach.",
}


@pytest.mark.parametrize("language", NOTICES)
def test_a_notice_and_what_belongs_to_it_go_and_the_news_stays(language: str) -> None:
    assert without_notices(NOTICES[language]) == NOTICES[language].split(". ")[2]


@pytest.mark.parametrize(
    "text",
    [
        NEWS,
        "The council wants to log in every visitor of the harbour. Residents fear for their privacy.",
        "मणिपुर में कुकी समुदाय ने बंद का आह्वान किया. लोगों ने गोपनीयता की बात की.",
        "A süti sikerre vitte a cukrászt. Partnereink elégedettek.",
        "وقال الوزير إن سياسة الخصوصية في المصارف ستتغير. وأضاف أن بياناتكم في أمان.",
        "",
    ],
)
def test_news_without_a_certain_notice_is_the_very_same_text(text: str) -> None:
    assert without_notices(text) is text


def test_nothing_is_left_of_a_page_that_says_nothing_but_a_notice() -> None:
    wall = "Unusual traffic from your network was noticed. Enter your details and show that you are not a robot."
    assert without_notices(wall) == ""


def draft(title: str, body: str) -> Draft:
    return Draft(title=title, body=body, language="en")


def test_two_articles_behind_one_wall_share_nothing_that_is_compared() -> None:
    wall = "Already a subscriber? Sign in to continue reading. This website remembers your account and your browser."
    (_, _, ferry), (_, _, wheat) = prepare_texts(
        [draft("Night ferry sails again", wall), draft("Wheat stored in three silos", wall)]
    )
    assert ferry.words
    assert not ferry.words.keys() & wheat.words.keys()
    assert not set(ferry.runs) & set(wheat.runs)


def test_a_blocked_page_whose_headline_is_the_notice_too_is_compared_by_nothing() -> None:
    blocked = "We noticed unusual traffic from your IP address"
    [(text, _, fingerprint)] = prepare_texts([draft(blocked, f"{blocked}. Show that you are not a robot.")])
    assert not fingerprint.words
    assert not fingerprint.runs
    assert text.title == blocked  # it is shown as it came


def test_a_summary_is_taken_from_the_news_and_the_body_is_kept_as_it_came() -> None:
    body = f"We use cookies on this website. {NEWS}"
    [(text, _, _)] = prepare_texts([draft("Ferry to Marsan", body)])
    assert " ".join(text.summary) == NEWS
    assert text.body == body


def test_a_text_that_is_a_notice_only_is_still_summed_up() -> None:
    [(text, _, _)] = prepare_texts([draft("Subscribe", "Our newsletter comes every Friday.")])
    assert text.summary == ("Our newsletter comes every Friday.",)
