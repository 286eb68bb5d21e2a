"""Where one sentence ends and the next begins."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text.sentences import is_ended, split_sentences


def sentences_of(text: str) -> list[str]:
    return list(split_sentences(text))


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One. Two! Three? Four…", ["One.", "Two!", "Three?", "Four…"]),
        ("هل وصل القطار؟ نعم. وصل أمس!", ["هل وصل القطار؟", "نعم.", "وصل أمس!"]),
        ("قال، بعد تفكير؛ إنه موافق. ثم غادر.", ["قال، بعد تفكير؛ إنه موافق.", "ثم غادر."]),
        ("It rose by 3.5 per cent. Then it fell.", ["It rose by 3.5 per cent.", "Then it fell."]),
        (
            "Dr. Salem met J. R. Haddad in the U.S. on Monday. He left.",
            ["Dr. Salem met J. R. Haddad in the U.S. on Monday.", "He left."],
        ),
        ("Haddad Inc. Beirut sells nets, e.g. Drift nets.", ["Haddad Inc. Beirut sells nets, e.g. Drift nets."]),
        ("At the U.N. Mr. Ito spoke vs. Ms. Roe. All left.", ["At the U.N. Mr. Ito spoke vs. Ms. Roe.", "All left."]),
        ("Das gilt z.B. Für alle.", ["Das gilt z.B. Für alle."]),
        ("Wait... what? No!", ["Wait... what?", "No!"]),
        ("Is that the end?! It is.", ["Is that the end?!", "It is."]),
        ("He said “Go.” (It rained.) Then sun.", ["He said “Go.”", "(It rained.)", "Then sun."]),
        ("بلغ السعر ٣.٥ دولار و٢٫٥ يورو. ثم هبط.", ["بلغ السعر ٣.٥ دولار و٢٫٥ يورو.", "ثم هبط."]),
        ("«هل جاء؟» سأل الرجل. ثم مضى!", ["«هل جاء؟»", "سأل الرجل.", "ثم مضى!"]),
        ("قال: «نعم». ثم غادر.", ["قال: «نعم».", "ثم غادر."]),
        ("وصل أ. د. سالم وم. هدى معا. ثم عادا.", ["وصل أ. د. سالم وم. هدى معا.", "ثم عادا."]),
        ("یہ خبر ہے۔ وہ چلا گیا۔", ["یہ خبر ہے۔", "وہ چلا گیا۔"]),
        ("بلا علامة في آخره", ["بلا علامة في آخره"]),
        ("  One.  \r\n\r\n\n  Two.  ", ["One.", "Two."]),
        ("قال د. أحمد إن الأمر بسيط. وافق الجميع.", ["قال د. أحمد إن الأمر بسيط.", "وافق الجميع."]),
        ('She said "No." Then she left.', ['She said "No."', "Then she left."]),
        ("«انتهى الأمر.» هكذا قال.", ["«انتهى الأمر.»", "هكذا قال."]),
        ("See https://a.example/x.y?z=1. More follows.", ["See https://a.example/x.y?z=1.", "More follows."]),
        ("A heading\nA sentence.", ["A heading", "A sentence."]),
        ("会議が開かれた。結果は明日。", ["会議が開かれた。", "結果は明日。"]),
        ("", []),
    ],
)
def test_sentences_end_where_they_end(text: str, sentences: list[str]) -> None:
    assert sentences_of(text) == sentences


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("المراسلات: ص.ب. 1250 بيروت. الهاتف مغلق.", ["المراسلات: ص.ب. 1250 بيروت.", "الهاتف مغلق."]),
        ("وصل د. سالم وأ. هدى وم. كريم. ثم بدأ اللقاء.", ["وصل د. سالم وأ. هدى وم. كريم.", "ثم بدأ اللقاء."]),
        ("ولد عام 1770 م. وتوفي في المدينة.", ["ولد عام 1770 م.", "وتوفي في المدينة."]),
        ("No. 5 won. He said no. Then No. 7 lost.", ["No. 5 won.", "He said no.", "Then No. 7 lost."]),
        ("He lives in the U.S. The firm is there.", ["He lives in the U.S.", "The firm is there."]),
        (
            "St. Louis is far. She lives at 5 Main St. She left.",
            ["St. Louis is far.", "She lives at 5 Main St.", "She left."],
        ),
        (
            "شباك وقوارب وأشرعة ... الخ مما يباع هناك. ثم عاد.",
            ["شباك وقوارب وأشرعة ... الخ مما يباع هناك.", "ثم عاد."],
        ),
        ("The U.S. Senate met at 9 a.m. on Monday.", ["The U.S. Senate met at 9 a.m. on Monday."]),
        ("It closed at 5 p.m. The crowd left.", ["It closed at 5 p.m.", "The crowd left."]),
        ("The vote (see p. 12) was on Sept. 11. All came.", ["The vote (see p. 12) was on Sept. 11.", "All came."]),
        ("Mr. Haddad vs. Gen. Lee, i.e. a draw. It ended.", ["Mr. Haddad vs. Gen. Lee, i.e. a draw.", "It ended."]),
        (
            "M. Dupont et Mme. Martin étaient là. Il pleuvait.",
            ["M. Dupont et Mme. Martin étaient là.", "Il pleuvait."],
        ),
        (
            "Dr. Aydın 19. yüzyılı anlattı. Saat 15.30’da bitti.",
            ["Dr. Aydın 19. yüzyılı anlattı.", "Saat 15.30’da bitti."],
        ),
        ("В 2020 г. Омск вырос. Это ул. Мира. Конец.", ["В 2020 г. Омск вырос.", "Это ул. Мира.", "Конец."]),
        ("Das gilt am 3. Mai 2022. Er kommt.", ["Das gilt am 3. Mai 2022.", "Er kommt."]),
        (
            "The gates open at 7 p.m. ET on Friday. Bring a coat.",
            ["The gates open at 7 p.m. ET on Friday.", "Bring a coat."],
        ),
        (
            "Rain began at 2 a.m. Monday. Police closed the pier.",
            ["Rain began at 2 a.m. Monday.", "Police closed the pier."],
        ),
        ("Rain began at 6 p.m. Police closed the pier.", ["Rain began at 6 p.m.", "Police closed the pier."]),
        ("It rained. At 7 p.m. Mona spoke. So did Sami.", ["It rained.", "At 7 p.m. Mona spoke.", "So did Sami."]),
        ("On Monday, at about 7:30 p.m. Mona spoke.", ["On Monday, at about 7:30 p.m. Mona spoke."]),
        ("They met at 7 p.m. Mona spoke.", ["They met at 7 p.m.", "Mona spoke."]),
        ("Shares of Yahoo! Inc. rose. All sold.", ["Shares of Yahoo! Inc. rose.", "All sold."]),
        (
            "She left Yahoo! Japan in May. Hurrah! Sami won.",
            ["She left Yahoo! Japan in May.", "Hurrah!", "Sami won."],
        ),
        ("She left Yahoo! The firm is old.", ["She left Yahoo!", "The firm is old."]),
        ("(CNN)U.S. Secretary Dana Roe came. She left.", ["(CNN)U.S. Secretary Dana Roe came.", "She left."]),
        ("OSLO (Agency) —U.S. Envoy Roe came. He left.", ["OSLO (Agency) —U.S. Envoy Roe came.", "He left."]),
        ("9. St. Pete Beach is quiet. 10. Mt. Vernon.", ["9. St. Pete Beach is quiet.", "10. Mt. Vernon."]),
        ("It came at 4 p.m. (6 p.m. ET) Friday. All left.", ["It came at 4 p.m. (6 p.m. ET) Friday.", "All left."]),
        ("In 1992 J. Roe moved. Spc. Ann Lee stayed.", ["In 1992 J. Roe moved.", "Spc. Ann Lee stayed."]),
        ("بلغ السعر 20 د.إ. للكيلو في السوق. ثم هبط.", ["بلغ السعر 20 د.إ. للكيلو في السوق.", "ثم هبط."]),
        ("بلغ السعر 20 د.إ. وقال التجار إنه سيهبط.", ["بلغ السعر 20 د.إ.", "وقال التجار إنه سيهبط."]),
    ],
)
def test_an_abbreviation_ends_no_sentence_unless_what_follows_begins_one(text: str, sentences: list[str]) -> None:
    assert sentences_of(text) == sentences


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("J. K. Haddad wrote it. George W. Salem read it.", ["J. K. Haddad wrote it.", "George W. Salem read it."]),
        ("كتب ج. ك. منصور الرواية. وترجمت لاحقا.", ["كتب ج. ك. منصور الرواية.", "وترجمت لاحقا."]),
        ("А. С. Ким родился там. Он жив.", ["А. С. Ким родился там.", "Он жив."]),
        ("He liked plan B. The others did not.", ["He liked plan B.", "The others did not."]),
        ("J.K. Haddad met C.D. Salem. They left.", ["J.K. Haddad met C.D. Salem.", "They left."]),
        ("نقلت أ.ف.ب. الخبر أمس.", ["نقلت أ.ف.ب.", "الخبر أمس."]),  # an agency's name, not a person's letters
    ],
)
def test_an_initial_belongs_to_its_name(text: str, sentences: list[str]) -> None:
    assert sentences_of(text) == sentences


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        (
            "She said: “We came. We waited. We left.” Then it rained.",
            ["She said: “We came. We waited. We left.”", "Then it rained."],
        ),
        ("قال: «وصلنا. انتظرنا. ثم عدنا.» وغادر القاعة.", ["قال: «وصلنا. انتظرنا. ثم عدنا.»", "وغادر القاعة."]),
        (
            '"We came. We waited," said Ms. Haddad. "Nobody was there."',
            ['"We came. We waited," said Ms. Haddad.', '"Nobody was there."'],
        ),
        (
            "He teaches (He worked there.) at the school. He left.",
            ["He teaches (He worked there.) at the school.", "He left."],
        ),
        ('"It is over." "No, it is not." They left.', ['"It is over."', '"No, it is not."', "They left."]),
        ('"That is a lot!" he said. All agreed.', ['"That is a lot!" he said.', "All agreed."]),
        # Quotation marks that don't close keep nothing together.
        ('"It counts. "It is easy. Nobody knows.', ['"It counts. "It is easy.', "Nobody knows."]),
        ("«بدأ الاجتماع. ثم انتهى.", ["«بدأ الاجتماع.", "ثم انتهى."]),
    ],
)
def test_a_quotation_is_not_torn(text: str, sentences: list[str]) -> None:
    assert sentences_of(text) == sentences


def test_a_speech_between_quotation_marks_is_torn_all_the_same() -> None:
    said = "We will deepen the basin as the council decided last winter after a long debate."
    assert len(sentences_of(f"“{' '.join([said] * 6)}” Then she left.")) == 7


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("في 19.1.2022 بلغ السعر 1,250.75 ليرة. ثم هبط.", ["في 19.1.2022 بلغ السعر 1,250.75 ليرة.", "ثم هبط."]),
        ("It rose to 43. The rest fell by 1.250,50.", ["It rose to 43.", "The rest fell by 1.250,50."]),
        ("1. First thing. 2. Second thing.", ["1. First thing.", "2. Second thing."]),
        ("أ. البند الأول. ب. البند الثاني.", ["أ. البند الأول.", "ب. البند الثاني."]),
        ("بلغت ٣٫٥ ملايين. وزادت 10 %. انتهى.", ["بلغت ٣٫٥ ملايين.", "وزادت 10 %.", "انتهى."]),
    ],
)
def test_numbers_dates_and_numbered_lists(text: str, sentences: list[str]) -> None:
    assert sentences_of(text) == sentences


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("انتهى الاجتماع.وقال الوزير إنه راض.ثم غادر.", ["انتهى الاجتماع.", "وقال الوزير إنه راض.", "ثم غادر."]),
        ("هل يعود؟وماذا بعد ذلك؟", ["هل يعود؟", "وماذا بعد ذلك؟"]),
        ("بني عام 1996.وحصل على جائزة.", ["بني عام 1996.", "وحصل على جائزة."]),
        ("نقلت بي.بي.سي عن سي.آي.إيه خبرا. ثم نفته.", ["نقلت بي.بي.سي عن سي.آي.إيه خبرا.", "ثم نفته."]),
        ("Prices fell.The bank said so.", ["Prices fell.", "The bank said so."]),
        (
            "See Node.js, harbour.example or a.b@harbour.example now.",
            ["See Node.js, harbour.example or a.b@harbour.example now."],
        ),
    ],
)
def test_a_missing_space_after_the_mark(text: str, sentences: list[str]) -> None:
    assert sentences_of(text) == sentences


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("He paused… and went on. Then… He stopped.", ["He paused… and went on.", "Then…", "He stopped."]),
        ("انتظر الناس... ثم جاء القطار.", ["انتظر الناس...", "ثم جاء القطار."]),
        ("He left [...] early. Nobody saw (...) it.", ["He left [...] early.", "Nobody saw (...) it."]),
        ("Wiki says so.[1] Then more.[12] End.", ["Wiki says so.[1]", "Then more.[12]", "End."]),
        (
            "دیروز باران آمد. او گفت: «خوب است.» همه رفتند؟ بله!",
            ["دیروز باران آمد.", "او گفت: «خوب است.»", "همه رفتند؟", "بله!"],
        ),
        ("وزیر نے کہا۔ کیا یہ سچ ہے؟ ہاں!", ["وزیر نے کہا۔", "کیا یہ سچ ہے؟", "ہاں!"]),
        ("पुल खुल गया। लोग खुश हैं। क्या?", ["पुल खुल गया।", "लोग खुश हैं।", "क्या?"]),
        ("ድልድዩ ተከፈተ። ሰዎች መጡ፧ አዎ።", ["ድልድዩ ተከፈተ።", "ሰዎች መጡ፧", "አዎ።"]),
        ("Կամուրջը բացվեց։ Մարդիկ եկան։", ["Կամուրջը բացվեց։", "Մարդիկ եկան։"]),
        ("ស្ពានបានបើក។មនុស្សមក។", ["ស្ពានបានបើក។", "មនុស្សមក។"]),
    ],
)
def test_ellipses_footnotes_and_other_scripts(text: str, sentences: list[str]) -> None:
    assert sentences_of(text) == sentences


WRAPPED = """
قررت بلدية المرفأ أن تفتح الجسر الجديد أمام السيارات في مطلع الشهر
المقبل، بعد أن أنهى المهندسون فحص الأعمدة التي تضررت في عاصفة الشتاء
الماضي. وقالت البلدية إن الكلفة بلغت ثلاثة ملايين دولار، وهي أقل مما
كان مقدرا عند بدء العمل.
وسيخفف الجسر الازدحام عند مدخل المرفأ.
""".strip()


def test_lines_broken_at_a_width_are_paragraphs_again() -> None:
    found = sentences_of(WRAPPED)
    assert len(found) == 3
    assert "الشهر المقبل، بعد" in found[0]
    assert found[2] == "وسيخفف الجسر الازدحام عند مدخل المرفأ."


def test_headings_stay_lines_of_their_own() -> None:
    text = "Bridge opens\nThe bridge opened on Monday\nRead more\nCars crossed it at dawn, watched by a large crowd."
    assert sentences_of(text) == text.splitlines()
    assert sentences_of("Heading\nHeading\nHeading\nHeading\nEnd.") == ["Heading"] * 4 + ["End."]
    heading = "جسر المرفأ"
    assert sentences_of(f"{heading}\n{WRAPPED}")[0] == heading


def test_the_first_sentences_of_a_long_text_come_without_the_rest() -> None:
    found = split_sentences("الجملة الأولى. الثانية هنا. " * 100)
    assert [next(found), next(found)] == ["الجملة الأولى.", "الثانية هنا."]
    assert sum(1 for _ in found) == 198


@pytest.mark.parametrize("mark", ["\u200f", "\u200e", "\u061c", "\u202c", "\u2069", "\ufeff"])
def test_a_mark_of_direction_beside_the_stop_hides_no_end(mark: str) -> None:
    first, second = "وصل القطار.", "ثم غادر!"
    assert sentences_of(f"{first}{mark} {second}{mark}") == [f"{first}{mark}", f"{second}{mark}"]
    assert sentences_of(f"{first} {mark}{second}") == [first, f"{mark}{second}"]
    assert is_ended(f"«{second}»{mark}")


PIECES = st.sampled_from(["خبر", "د.", "3.5", "U.S.", "Haddad", "؟", ".", "»", "«", "\n", " ", "。"])


@given(st.lists(PIECES).map("".join))
def test_sentences_say_all_of_the_text_in_its_order(text: str) -> None:
    sentences = sentences_of(text)
    assert "".join("".join(sentences).split()) == "".join(text.split())
    assert all(sentence.strip() and "\n" not in sentence for sentence in sentences)


@pytest.mark.parametrize(
    "said",
    [
        ["Der 1. FC Köln gewinnt in der 2. Bundesliga.", "Trainer Dr. Müller lobt die Abwehr.", "Es war der 3. Mai."],
        [
            "Die Kosten liegen bei 3 Mio. Euro.",
            "Z. B. Strom wird teurer, d. h. Haushalte zahlen mehr.",
            "Es sind 12.",
        ],
        ["M. Dupont a vu Mme Martin à St. Malo.", "« Nous irons. Demain peut-être », dit-il.", "Il pleut."],
        ["El Sr. Gómez viajó a EE. UU. en enero.", "La Srta. Ruiz dijo que no.", "¿Cuándo?", "¡Ahora!"],
        [
            "В 2020 г. Москва выросла.",
            "Ущерб — 5 млн руб.",
            "Это много.",
            "Ул. Ленина закрыта.",
            "Цены, налоги и т. д. растут.",
        ],
        ["Doç. Ayşe Kaya katıldı.", "2. Dünya Savaşı anıldı.", "Saat 18.30'da başladı."],
        ["Harga naik Rp. 5.000 per kg.", "Drs. Budi hadir di Jl. Sudirman No. 5 Jakarta.", "Warga senang."],
        ["وزیر گفت: «کار می‌کنیم.»", "نشست ساعت ۱۸:۳۰ آغاز شد؟", "بله!", "پایان."],
        ["وزیراعظم نے کہا کہ کام جاری ہے۔", "کیا یہ ممکن ہے؟", "جی ہاں۔"],
    ],
    ids="de de-short fr es ru tr id fa ur".split(),
)
def test_sentences_of_other_languages(said: list[str]) -> None:
    assert sentences_of(" ".join(said)) == said
