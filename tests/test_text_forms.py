"""Texts of one form that report two events, and texts in other words that report one."""

import pytest

from bot.text import similar
from bot.text.forms import same_form
from bot.text.search import index_words

FORMS = {
    "gold on two days": (
        (
            "Gold edges up as dollar weakens",
            "Gold prices rose on Monday as the dollar slipped and investors waited for the central "
            "bank. Spot gold was up 0.3 percent at $1,921.40 an ounce by 0412 GMT. Futures gained 0.2 "
            "percent to $1,925.10. Silver rose 0.6 percent to $23.17 an ounce, platinum added 0.1 "
            "percent to $905.60 and palladium fell 0.4 percent to $1,241.",
        ),
        (
            "Gold slips as dollar firms",
            "Gold prices fell on Tuesday as the dollar rose and investors waited for the central bank. "
            "Spot gold was down 0.5 percent at $1,911.80 an ounce by 0337 GMT. Futures lost 0.7 percent "
            "to $1,912.30. Silver fell 1.1 percent to $22.91 an ounce, platinum lost 0.9 percent to "
            "$897.20 and palladium added 0.2 percent to $1,243.50.",
        ),
    ),
    "weather of two towns": (
        (
            "Weather in Norvik: rain in the morning",
            "Norvik will see light rain in the morning and sunny spells in the afternoon, the weather "
            "office said. Temperatures in Norvik reach 14 degrees, with winds of 20 kilometres an hour "
            "from the west. At night it cools down to 6 degrees. Drivers should watch for fog on the "
            "roads around Norvik.",
        ),
        (
            "Weather in Sorbay: sunny spells",
            "Sorbay will see sunny spells in the morning and light rain in the afternoon, the weather "
            "office said. Temperatures in Sorbay reach 17 degrees, with winds of 15 kilometres an hour "
            "from the south. At night it cools down to 9 degrees. Drivers should watch for fog on the "
            "roads around Sorbay.",
        ),
    ),
    "two arrests": (
        (
            "Man arrested over theft of bicycles in Norvik",
            "Police arrested a man of 34 in Norvik on suspicion of stealing bicycles. Officers searched "
            "a flat in Norvik and found six bicycles, tools and cash. The suspect will appear before a "
            "court on Thursday. Police asked witnesses to come forward.",
        ),
        (
            "Man arrested over theft of jewellery in Sorbay",
            "Police arrested a man of 51 in Sorbay on suspicion of stealing jewellery. Officers "
            "searched a house in Sorbay and found jewellery, watches and cash. The suspect will appear "
            "before a court on Friday. Police asked witnesses to come forward.",
        ),
    ),
    "guides to two matches": (
        (
            "Norvik v Tarnholm: kick-off time, TV channel and team news",
            "Norvik host Tarnholm in the league on Saturday. Here is everything you need to know about "
            "the match: kick-off time, TV channel, live stream and team news. Norvik are without their "
            "captain, while Tarnholm hope that their striker is fit. Prediction: Norvik 2 Tarnholm 1.",
        ),
        (
            "Sorbay v Eastwick: kick-off time, TV channel and team news",
            "Sorbay host Eastwick in the league on Saturday. Here is everything you need to know about "
            "the match: kick-off time, TV channel, live stream and team news. Sorbay are without their "
            "goalkeeper, while Eastwick hope that their winger is fit. Prediction: Sorbay 0 Eastwick 2.",
        ),
    ),
    "market reports of two days": (
        (
            "Shares close higher in Norvik, led by banks",
            "The Norvik stock exchange closed higher on Wednesday, led by banks. The general index "
            "gained 42 points to 8,914, with a turnover of 3.1 billion. Of the listed companies, 112 "
            "rose and 61 fell. Norvik Bank added 2.4 percent, Harbour Cement lost 1.2 percent.",
        ),
        (
            "Shares close lower in Norvik, dragged by cement",
            "The Norvik stock exchange closed lower on Thursday, dragged by cement. The general index "
            "lost 67 points to 8,847, with a turnover of 2.7 billion. Of the listed companies, 54 rose "
            "and 121 fell. Norvik Bank lost 1.1 percent, Harbour Cement lost 3.3 percent.",
        ),
    ),
    "parts of a series": (
        (
            "The islands, part one: the lighthouse keeper of Aldey",
            "For a year our reporters travelled to the small islands off the coast and asked the people "
            "there how they live, what they hope for and why they stay. This is what they heard. On "
            "Aldey, Jon Berg has kept the lighthouse for forty years. He climbs the tower every evening "
            "and polishes the lens, although the lamp is automatic now. His wife bakes for the sailors.",
        ),
        (
            "The islands, part two: the teacher of Hollin",
            "For a year our reporters travelled to the small islands off the coast and asked the people "
            "there how they live, what they hope for and why they stay. This is what they heard. On "
            "Hollin, Mira Dahl teaches eleven children in a single room. She came from the city and "
            "wanted to stay for a winter. That was nine years ago, and the school has a new roof.",
        ),
    ),
    "gold on two days, in Arabic": (
        (
            "أسعار الذهب ترتفع مع تراجع الدولار",
            "ارتفعت أسعار الذهب اليوم الاثنين مع تراجع الدولار وترقب المستثمرين قرار البنك المركزي. "
            "وصعد الذهب في المعاملات الفورية 0.3 بالمئة إلى 1921 دولارا للأوقية. وزادت الفضة 0.6 بالمئة "
            "إلى 23.17 دولارا، وارتفع البلاتين 0.1 بالمئة إلى 905 دولارات.",
        ),
        (
            "أسعار الذهب تتراجع مع صعود الدولار",
            "تراجعت أسعار الذهب اليوم الثلاثاء مع صعود الدولار وترقب المستثمرين قرار البنك المركزي. "
            "وهبط الذهب في المعاملات الفورية 0.5 بالمئة إلى 1911 دولارا للأوقية. ونزلت الفضة 1.1 بالمئة "
            "إلى 22.91 دولارا، وتراجع البلاتين 0.9 بالمئة إلى 897 دولارا.",
        ),
    ),
    "two numbered articles": (
        ("Harbour letter 12", "This is letter 12 from the harbour, with 3 notes on boats."),
        ("Harbour letter 13", "This is letter 13 from the harbour, with 3 notes on boats."),
    ),
    "two episodes without a text": (("Episode 4", ""), ("Episode 5", "")),
    "the price of one day and of the next": (
        ("Bread price at the market is 310 lira", "Bakers sell bread at 310 lira at the market."),
        ("Bread price at the market is 335 lira", "Bakers sell bread at 335 lira at the market."),
    ),
}
EVENTS = {
    "a count that grows": (
        ("Ferry accident: number of injured rises to 12", "The ferry hit pier 4 at 09:30. 12 people were injured."),
        ("Ferry accident: number of injured rises to 15", "At 09:30 the ferry ran into pier 4. Doctors treat 15."),
    ),
    "a toll that rises": (
        (
            "Five dead as quake shakes Norvik",
            "An earthquake of magnitude 6.1 shook Norvik on Monday and killed at least five people. It "
            "struck at 0412 GMT at a depth of 12 kilometres. Hospitals treated 40 injured. The mayor of "
            "Norvik asked people to stay outside.",
        ),
        (
            "Quake in Norvik kills seven",
            "An earthquake of magnitude 6.1 that shook Norvik on Monday killed at least seven people, "
            "rescuers said on Tuesday. It struck at a depth of 12 kilometres. Hospitals treated 63 "
            "injured. Schools in Norvik stay closed until Friday.",
        ),
    ),
    "a match": (
        (
            "Norvik beat Tarnholm with a late goal",
            "Norvik beat Tarnholm 2-1 on Saturday with a goal in stoppage time by Lars Holm. Tarnholm "
            "had led since the 12th minute. Norvik are now third in the league with 31 points.",
        ),
        (
            "Holm wins it late for Norvik against Tarnholm",
            "Lars Holm scored in the 93rd minute as Norvik came from behind to win 2-1 against Tarnholm "
            "on Saturday. The coach of Norvik praised his team. Tarnholm stay in tenth place with 18 "
            "points.",
        ),
    ),
    "a verdict": (
        (
            "Court jails Norvik mayor for three years",
            "A court in Norvik sentenced mayor Edda Lund to three years in prison on Monday for taking "
            "bribes from a builder. Lund denied the charges. Her lawyer said that she would appeal.",
        ),
        (
            "Norvik mayor Edda Lund sentenced for bribes",
            "The mayor of Norvik, Edda Lund, was sentenced on Monday to three years in prison. Judges "
            "found that she had taken bribes of 200,000 from a builder. Lund, 58, will appeal against "
            "the verdict, her lawyer said on Tuesday.",
        ),
    ),
}


def made(title: str, body: str) -> similar.Fingerprint:
    language = "en" if title.isascii() else "ar"
    return similar.fingerprint(index_words(title, language), index_words(body, language), language)


def are_near(one: similar.Fingerprint, other: similar.Fingerprint) -> bool:
    return similar.nearness(one.words, other.words, 1, lambda word: 5.0) >= similar.SAME_EVENT


@pytest.mark.parametrize("kind", FORMS)
def test_two_texts_of_one_form_are_two_events_though_they_share_most_words(kind: str) -> None:
    one, other = (made(*text) for text in FORMS[kind])
    assert are_near(one, other)
    assert same_form(one.words, one.sketch, other.words, other.sketch, 1)
    assert same_form(other.words, other.sketch, one.words, one.sketch, 1)


@pytest.mark.parametrize("kind", EVENTS)
def test_two_reports_of_one_event_are_not_of_one_form(kind: str) -> None:
    one, other = (made(*text) for text in EVENTS[kind])
    assert are_near(one, other)
    assert not same_form(one.words, one.sketch, other.words, other.sketch, 1)


@pytest.mark.parametrize("day", ["Monday", "Tuesday"])
def test_a_bulletin_with_other_numbers_is_another_issue_and_a_corrected_one_is_not(day: str) -> None:
    def issue(day: str, *numbers: str) -> similar.Fingerprint:
        sold = ", ".join(f"{name} at {number}" for name, number in zip(("cod", "hake", "sole"), numbers, strict=True))
        return made(f"Fish prices at the harbour on {day}", f"The harbour sold {sold} on {day} morning.")

    monday, later = issue("Monday", "310", "475", "820"), issue(day, "295", "481", "840")
    corrected = issue("Monday", "310", "475", "802")
    assert are_near(monday, later)
    assert same_form(later.words, later.sketch, monday.words, monday.sketch, 1)
    assert not same_form(corrected.words, corrected.sketch, monday.words, monday.sketch, 1)
