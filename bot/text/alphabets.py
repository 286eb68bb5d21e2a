"""The letters of each script that news is written in, and the letters that each language has."""

from typing import Final, NamedTuple


class Script(NamedTuple):
    """A script, and the languages that are written in it."""

    letters: str  # ranges of code points
    languages: frozenset[str]  # languages in this script that much news is published in
    smaller: frozenset[str] = frozenset()  # languages in this script that little news is published in
    worth: int = 1  # number of letters of an alphabet that one sign of this script counts for


def _script(letters: str, languages: str, smaller: str = "", worth: int = 1) -> Script:
    return Script(letters, frozenset(languages.split()), frozenset(smaller.split()), worth)


_LITTLE_NEWS: Final = """
    ms ca hr sk sl sq et lv lt az uz sw so eu is ga cy af gl tl bs sr mt eo la lb ku tk
    br fy gd oc jv su ht mg ha yo ig zu xh sn rw om
"""
SCRIPTS: Final = {
    "Arab": _script("620-64a 66e-6d3 6d5 6ee-6ff 750-77f fb50-fdff fe70-fefc", "ar fa ur ps ckb", "ug sd"),
    "Latn": _script(
        "41-5a 61-7a aa ba c0-24f 1e00-1eff", "en fr de es pt it nl tr id pl sv ro cs hu da no fi vi", _LITTLE_NEWS
    ),
    "Cyrl": _script("400-52f", "ru uk bg", "be sr mk kk ky mn tg tt uz"),
    "Hebr": _script("5d0-5f4", "he", "yi"),
    "Grek": _script("370-3ff 1f00-1fff", "el"),
    "Jpan": _script("3041-30ff", "ja", worth=3),
    "Hani": _script("3400-9fff f900-faff", "zh", "ja", worth=3),
    "Hang": _script("1100-11ff ac00-d7af", "ko", worth=2),
    "Deva": _script("900-97f", "hi", "mr ne"),
    "Beng": _script("980-9ff", "bn", "as"),
    "Guru": _script("a00-a7f", "pa"),
    "Gujr": _script("a80-aff", "gu"),
    "Taml": _script("b80-bff", "ta"),
    "Telu": _script("c00-c7f", "te"),
    "Knda": _script("c80-cff", "kn"),
    "Mlym": _script("d00-d7f", "ml"),
    "Sinh": _script("d80-dff", "si"),
    "Thai": _script("e00-e7f", "th"),
    "Laoo": _script("e80-eff", "lo"),
    "Tibt": _script("f00-fff", "bo"),
    "Mymr": _script("1000-109f", "my"),
    "Geor": _script("10a0-10ff", "ka"),
    "Ethi": _script("1200-137f", "am ti"),
    "Khmr": _script("1780-17ff", "km"),
    "Armn": _script("530-58f", "hy"),
    "Thaa": _script("780-7bf", "dv"),
}

_LATIN: Final = frozenset("abcdefghijklmnopqrstuvwxyz")
_ARABIC: Final = frozenset("ءابتجخدرزسشغفقلمنو")
_CYRILLIC: Final = frozenset("абвгдежзиклмнопрстуфхцчш")
COMMON: Final = _LATIN | _ARABIC | _CYRILLIC  # letters that do not distinguish languages
# The letters of each language beyond those that all languages of its script share. A language that is missing here
# is not judged by its letters.
_BEYOND: Final = {
    "Arab": (
        _ARABIC,
        {
            "ar": "آأإؤئةيكىهعحثذصضطظ",
            "fa": "آئأؤپچژگکییكىهعحثذصضطظ",
            "ur": "آئؤأپچژگکیٹڈڑںےہھۓۂيكىهعحثذصضطظ",
            "ps": "آئأپچژکیټځڅډړږښګڼېۍگيكىهعحثذصضطظ",
            "ckb": "ئپچژگکیڕڵۆێڤەھكيهعح",
            "ug": "ئپچژگڭۇۆۈۋېەھكيى",
            "sd": "آئأؤپچگڄڃڇڍڌڏڊڙڪڦڳڱڻٻڀٺٿٽھہڇ۾۽يكىهعحثذصضطظ",
        },
    ),
    "Cyrl": (
        _CYRILLIC,
        {
            "ru": "йщъыьэюяё",
            "uk": "йщьюяґєії",
            "bg": "йщъьюя",
            "be": "йыьэюяёіў",
            "sr": "ђјљњћџ",
            "mk": "ѓјљњќџѕ",
            "kk": "йщъыьэюяёәғқңөұүһі",
            "ky": "йщъыьэюяёңөү",
            "mn": "йщъыьэюяёөү",
            "tg": "йъэюяёғӣқӯҳҷ",
            "tt": "йщъыьэюяёәөүҗңһ",
            "uz": "йъэюяёўқғҳ",
        },
    ),
    "Latn": (
        _LATIN,
        {
            "en": "é",
            "fr": "àâæçèéêëîïôœùûüÿ",
            "de": "äöüß",
            "es": "áéíñóúü",
            "pt": "àáâãçéêíóôõúü",
            "it": "àèéìíîòóù",
            "nl": "áéëïóöüè",
            "tr": "çğıöşüâîû",
            "az": "çəğıöşü",
            "id": "é",
            "ms": "é",
            "pl": "ąćęłńóśźż",
            "sv": "äåöé",
            "da": "æøåé",
            "no": "æøåéòôó",
            "fi": "äöå",
            "ro": "ăâîșțşţ",
            "cs": "áčďéěíňóřšťúůýž",
            "sk": "áäčďéíĺľňóôŕšťúýž",
            "hu": "áéíóöőúüű",
            "hr": "čćđšž",
            "bs": "čćđšž",
            "sr": "čćđšž",
            "sl": "čšž",
            "sq": "çë",
            "et": "äöõüšž",
            "lv": "āčēģīķļņšūž",
            "lt": "ąčęėįšųūž",
            "is": "áðéíóúýþæö",
            "ca": "àçèéíïòóúü",
            "gl": "áéíñóúü",
            "eu": "ñü",
            "sw": "",
            "so": "",
            "tl": "ñ",
            "af": "áéèêëíïóôöúû",
            "ga": "áéíóú",
            "cy": "âêîôŵŷ",
            "ku": "çêîşû",
            "tk": "çäňöşüýž",
            "mt": "ċġħżàèìòù",
            "uz": "",
        },
    ),
}
LETTERS: Final = {
    script: {language: common | frozenset(own) for language, own in beyond.items()}
    for script, (common, beyond) in _BEYOND.items()
}
