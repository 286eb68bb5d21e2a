"""Function words: words that connect sentences and do not show a text's subject, for the languages read most.

With many articles, word statistics find these words. The first fifty articles of a newsroom are too few for
statistics, and two headlines that share "after", "with" and "on" would look similar. A language without a list relies
on statistics alone.
"""

from collections.abc import Mapping
from functools import cache
from typing import Final

from bot.text.arabic import normalized_words
from bot.text.search import STOP_WORDS, index_words

_WORDS: Final = {
    "ar": """
        في من على إلى عن مع بعد قبل حتى منذ خلال بين ضد حول عند لدى نحو دون عبر فوق تحت أمام وراء بسبب رغم ضمن
        أثناء أن إن لأن كأن لكن و أو ثم بل لا لم لن ما ليس ليست غير سوى قد لقد سوف كان كانت يكون تكون كانوا هو
        هي هم هما نحن أنا هذا هذه ذلك تلك هؤلاء التي الذي الذين اللذين اللتين حيث حين عندما بينما كما كل بعض أي
        أكثر أقل جدا أيضا فقط إذا لو كيف لماذا متى أين هل به بها له لها لهم فيه فيها منه منها عليه عليها إليه
        إليها عنه عنها معه معها هناك هنا الآن اليوم أمس غدا وقال قال قالت وقالت أضاف أضافت وأضاف أوضح أكد ذكر
        ذكرت بأن وفق وفقا بحسب حسب أحد إحدى آخر أخرى أول عدد عدة تم يتم جاء مثل ذات نفس بشأن وذلك وكان وكانت وفي
        ومن وهو وهي وأن مما بما فيما لدى كذلك خاصة
    """,
    "en": """
        a an the and or but nor so if of to in on at by for from with without about into onto over under after
        before since until during between against through out up down off above below near than then as is are
        was were be been being am do does did done has have had having will would can could may might must shall
        should not no yes this that these those it its he she they them him her his their theirs we us our you
        your i me my who whom whose which what when where why how all any each both some such more most less
        least other another same own too very just only also still yet again there here now today yesterday
        tomorrow said says say s t re ve ll d m one two new via amid per get gets
    """,
    "de": """
        der die das den dem des ein eine einen einem einer eines und oder aber denn doch in im an am auf aus bei
        beim mit nach von vom vor zu zum zur über unter für gegen ohne um durch seit bis während wegen ist sind
        war waren sein wird werden wurde wurden hat haben hatte hatten kann können soll sollen muss müssen will
        wollen nicht kein keine keinen auch noch nur schon sehr mehr als wie wenn weil dass ob so da hier dort
        dann er sie es wir ihr ich man sich ihm ihn ihre ihren seine seinen dieser diese dieses diesem diesen
        wer was wo wann alle einem laut sagte zwei
    """,
    "fr": """
        le la les l un une des de du d au aux à en dans sur sous par pour avec sans chez vers entre contre
        depuis pendant après avant et ou mais donc or ni car que qu qui quoi dont où quand comme si ne n pas
        plus moins très ce cet cette ces c il elle ils elles on nous vous je se s son sa ses leur leurs lui y
        est sont était étaient être été a ont avait avaient avoir fait selon aussi encore même tout tous toute
        toutes deux
    """,
    "es": """
        el la los las un una unos unas de del a al en con sin por para sobre entre contra desde hasta durante
        tras según y e o u pero sino ni que quien cual cuyo donde cuando como si no más menos muy este esta
        estos estas ese esa eso aquel lo le les se su sus mi él ella ellos es son era eran ser sido fue fueron
        está están ha han había habían haber tiene hay también ya todo todos toda todas dos
    """,
    "it": """
        il lo la i gli le un uno una l di del dello della dei degli delle a al allo alla ai agli alle da dal
        dalla dai in nel nello nella nei nelle con su sul sulla sui per tra fra e ed o ma se che chi cui dove
        quando come non più meno molto questo questa questi queste quello quella si ci ne lui lei loro suo sua
        suoi è sono era erano essere stato stata ha hanno aveva avere anche ancora già tutto tutti dopo prima
        due
    """,
    "pt": """
        o a os as um uma de do da dos das em no na nos nas com sem por pelo pela para sobre entre contra desde
        até durante após e ou mas nem que quem qual onde quando como se não mais menos muito este esta isto esse
        essa isso ele ela eles seu sua seus suas é são era foi foram ser está estão tem têm há havia também já
        todo todos toda todas dois
    """,
    "nl": """
        de het een en of maar want in op aan bij met naar van voor na uit om over onder tegen zonder door tot
        sinds is zijn was waren wordt worden werd heeft hebben had kan kunnen zal zullen moet niet geen ook nog
        al zeer meer als dan dat die dit deze wie wat waar wanneer hij zij ze we hun haar er te twee
    """,
    "tr": """
        ve veya ile ama fakat ancak için gibi kadar göre sonra önce beri karşı doğru bir bu şu o de da ki mi mı
        mu mü ne ise en daha çok az her bazı tüm hiç değil var yok olan olarak oldu olduğu olduğunu etti eden
        edildi dedi ben sen biz siz onlar onun bunun kendi iki
    """,
    "id": """
        yang dan di ke dari pada untuk dengan dalam oleh sebagai adalah ialah itu ini tersebut tidak bukan akan telah
        sudah sedang masih juga saja hanya lebih paling sangat atau tetapi tapi namun karena jika kalau saat ketika
        agar supaya bahwa serta seperti secara terhadap hingga sampai sejak setelah sebelum antara tentang atas bagi
        para ada dapat bisa harus belum lagi pun lalu kata ujar ia dia mereka kami kita saya anda nya satu dua
    """,
    "ru": """
        в во на с со к ко о об от до из за по под над при для без у между через после перед против и а но или да
        не ни что чтобы как так если когда где кто который которая которое которые это этот эта эти тот та те он
        она оно они мы вы я его ее их ему им себя свой был была было были быть есть будет также еще уже только
        все всех более менее два
    """,
    "pl": """
        w we na z ze do od po pod nad przy dla bez u o za przez przed między i a ale lub oraz że żeby jak tak
        jeśli gdy gdzie kto który która które których to ten ta te tego tej tych on ona ono oni jego jej ich się
        nie no jest są był była było były być będzie ma mają także też już tylko jeszcze wszystkie bardziej dwa
    """,
    "fa": """
        و در به از که این آن با را برای است بود شد شده می های ها تا بر یا اما نیز هم خود او وی ما شما آنها هر یک
        دو دیگر بین پس پیش روی زیر بدون کرد کرده کند کنند گفت دارد دارند باید نمی چه اگر درباره
    """,
    "ur": """
        اور کے کی کا میں ہے ہیں سے کو نے پر یہ وہ کہ تھا تھے تھی اس ان جو بھی نہیں ایک ہو گیا گئی کر لیے تک ساتھ
        بعد کہا ہوئے دو
    """,
}


def written_function_words() -> Mapping[str, str]:
    """Returns the function words of each language that has a list, as a reader types them, with spaces between."""
    return _WORDS


@cache
def function_words(language: str) -> frozenset[str]:
    """Returns the function words of a language as the index stores them, or an empty set if it has no list."""
    return frozenset(index_words(_WORDS.get(language, ""), language))


@cache
def all_function_words() -> frozenset[str]:
    """Returns the function words of all languages as a reader types them: normalized, but not stemmed."""
    return STOP_WORDS | {word for words in _WORDS.values() for word in normalized_words(words)}
