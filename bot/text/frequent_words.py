"""The frequent words by which a text shows its language, for languages that a model of letters takes for a neighbour.

The words are mostly function words, as a reader types them, in small letters. A word counts for a language the less,
the more languages have it: "de" says little, and "yang" says much. Languages with a list in
`bot.text.function_words` have their words from there.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Set
from functools import cache
from typing import Final

from bot.text.function_words import written_function_words

_WORDS: Final = {
    "af": """
        die en van in is het dat nie met vir op wat te as sy om aan hulle by ook was word haar hy ons sal kan maar
        daar uit na tot deur dit hierdie wees gesê nog oor jy jou u moet mag n moenie asook geen kon sou tussen onder
    """,
    "az": """
        və bu ki bir ilə üçün da də olan olub edib isə daha o görə sonra kimi deyib hər bütün etmək bilər deyil siz ya
        hansı bilərsiniz yox ola həmin artıq edilib bildirib
    """,
    "br": "ar an ur ul al ha da eo er ez gant evit na eus o en pe met hag ho war ket zo e ne vez vo pa din holl",
    "bs": """
        i je u na se da za su od s o kao koji koja koje nije ali bi ili će iz ko šta tokom prije vrijeme dvije gdje
        kazao samo više uslov općina općine također nakon zbog prema kod još sve predsjednik predsjednika predsjednica
        mjesto mjestu djeca riječ cijena mjera uspjeh čovjek vijest uvijek svijet svijeta vidjeti primjer neko
        evropski evropske saopćio saopćenju hiljada miliona historija bosne hercegovine fbih januara februara marta
        aprila maja juna jula augusta septembra oktobra novembra decembra sistem evropa izvještaj
    """,
    "ca": """
        el la els les de del dels i que a en per un una amb no és al ha han va més com però aquest aquesta aquests
        seva seu són els hi pel pels ser també o si quan sense aquestes vostre l d
    """,
    "cs": """
        a v na se je že s z do o i to jako za by pro ve po k jsem který která které kteří podle jeho ale není byl byla
        bylo už také jsou nebo než při mezi má bude ze jen tak aby jste pokud být protože řekl uvedl jsme když jejich
        lidí může však ještě více dva dvě proto tím
    """,
    "cy": """
        yr y a o i yn ar mae wedi oedd ei bod gan ac am eu sydd hefyd fod bydd roedd ond ni ddim nid neu os hwn hon
        gyda ar ôl eich hyn cael rhaid
    """,
    "da": """
        og i at det er en til på af den for ikke der med de som har et fra var han men om kan blev efter jeg vil nu
        ved også eller bliver hun mod være skal hvor siger mere meget denne dette dig du hvis ingen blevet siden hvad
        nogle deres få kun
    """,
    "eo": "la kaj de en estas al ne ke por kun pri li ili sed tiu kiu el ĉe estis oni ankaŭ ĉi ĉu vi aŭ se tio",
    "et": """
        ja on ei et see oli ta kui ka oma mis aga või ning pole selle siis veel nii kes seda pärast välja olla sa
        saab kuid mida ole on poolt
    """,
    "eu": """
        eta da ez du dute dira bat zen ere izan den egin dela baina zuen beste hau batean zuten duen hori edo ezin
    """,
    "fi": """
        ja on ei että se hän oli joka mutta ovat kun niin myös mukaan sen kuin ole olla sekä tai jos hänen vain voi
        vielä jo nyt mitä tämä tämän eivät jotka ennen
    """,
    "fy": "de it en fan is yn dat te op foar net mei oan om hat wie dy ek ta by jo of kin wurdt binne der noch troch",
    "ga": """
        an na agus ar ag is i sé sí tá bhí le go a do nach níl bhfuil seo sin ní leis mar ach as nó chun atá den don
        ba chuir raibh é
    """,
    "gd": """
        an na agus air ag is e tha bha le gu do nach chan eil seo sin ann a airson bho am nan nam dhan ach no ri as
        chaidh tu thu robh
    """,
    "gl": """
        o a os as de do da dos das en no na nos nas e que un unha unhas para por con non ao á pola polo foi como máis
        súa seu tamén pero é está son ou esta este pode dunha nunha cunha nun dun cun ata onde despois xa hai fixo
        cando eu sen mentres seus súas poden poderá polos polas ademais segundo aos ás estas isto nin moi galicia
        xunta
    """,
    "ha": """
        da a na ta ya ce ba wa don cikin kan za su wani wata shi sun kuma domin yi ne cewa bayan wannan daga ko an
        yana tana suna sai mai masu ka ku zuwa wajen babu duk lokacin tsakanin shugaban ƙasar gwamnatin mutane kasar
        jihar ake aka akan kamar kowane haka nan
    """,
    "hr": """
        i je u na se da za su od s o kao koji koja koje nije ali bi ili će iz tko što tijekom prije vrijeme dvije gdje
        rekao samo više uvjet općina također nakon zbog prema kod još sve tjedan ovdje ste predsjednik predsjednika
        predsjednica mjesto mjestu djeca riječ cijena mjera uspjeh čovjek vijest uvijek svijet svijeta vidjeti primjer
        netko europski europske priopćio izjavio tisuća milijuna sveučilište vlada tvrtka tvrtke milijun natječaj
        siječnja veljače ožujka travnja svibnja lipnja srpnja kolovoza rujna listopada studenoga studenog prosinca
        sati gospodarstvo sustav suradnika nova europa euro
    """,
    "ht": """
        nan ak yo pou ki pa yon li se te ap gen sou kap tout nou la a ou men sa lè moun fè paj lan kapab gouvènman
        peyi
    """,
    "hu": """
        a az és hogy nem is egy volt azt ez ezt csak meg már szerint mint pedig ki még de ha el vagy után lesz között
        van nincs kell lehet amely
    """,
    "id": """
        dan yang di itu ini untuk dengan pada dalam tidak kepada akan adalah karena bisa telah oleh mereka tersebut
        bagi sebagai kata hari juga ada dari saat setelah para sudah ia bahwa polisi namun seperti secara lebih usai
        saja hingga antara tak masih sementara warga pengguna halaman diri atau anda ke kasus yakni mulai pemerintah
        senin kamis jumat perusahaan berita mobil kantor presiden rupiah wib pasien wilayah korban masyarakat sejumlah
        melakukan menjadi terkait mengatakan belum merupakan beberapa kami kita jika baru sebuah seorang pihak kini
        tim laga kota provinsi kabupaten pemilu partai korupsi uang anak rumah petugas soal jadi cuma miliar juta
        triliun ujar dikutip kemudian formulir daftar melalui sedang tahun lalu negara mana
    """,
    "ig": "na nke ndị ọ bụ ya n ime maka ga dị onye ha ka ime m e a si gị mmadụ ahụ kwuru ihe were",
    "is": """
        og að er í á sem það við um en til ekki var fyrir með af hann því hafa eru frá segir verið hefur þá þegar eða
        þú þessi þetta vera hún
    """,
    "jv": "ing lan sing kang iku karo ora saka iki wis bisa yaiku menyang uga marang dadi kanggo ana sampeyan wong",
    "ku": """
        û li ku ji bi ya di de jî ye xwe bo ne ev ê yên hat dike da kir min ew bike tu an her wî wê
    """,
    "la": """
        et in est non ad ut cum ex ab quod sunt sed qui quae aut per esse de si nec hoc haec vel tamen ante huius hanc
        pagina paginam tibi possunt potest ac atque sic nunc etiam eius ille inter
    """,
    "lb": """
        de d an a vun den ass fir op mat dat net eng et wéi och huet si hunn gëtt am een zu déi iwwer bei dës oder
        keen keng vum zum beim kann ginn sech mer dir
    """,
    "lt": """
        ir kad į su iš yra tai bet kaip ne jis apie nuo už po ar dėl buvo tik dar jau savo kuris prie bus šis gali
        jūs kai arba
    """,
    "lv": """
        un ir no ar par uz ka kas arī bet lai to tā tas gan pēc kā bija vai ne pie jau tika savu nav šo ja var šī
    """,
    "mg": "ny dia ao sy izany ary tsy fa ho izay an izao amin no momba ireo ity misy ianao azo",
    "ms": """
        dan yang di itu ini untuk dengan pada dalam tidak kepada akan adalah beliau kerana ialah boleh telah oleh
        mereka tersebut bagi sebagai polis berkata hari negara lebih juga ada daripada turut sahaja iaitu ketika
        selepas manakala kata lain apabila bukan bahawa secara antara anda atau ke laman dari sila tiada hendak isnin
        khamis jumaat ahad syarikat kerajaan pejabat fail pelbagai sebanyak berkenaan mahkamah datuk seri malaysia
        kenderaan tempoh mangsa hospital perdana mesyuarat rakyat menjadi melakukan sejumlah kami kita jika beberapa
        terhadap mengenai memberi sehingga hanya sini awak baharu borang semasa senarai mengikut dibenarkan sebarang
        sebuah seorang seramai kanak lelaki bekas jabatan negeri ketua parti rasuah sukan pasukan perlawanan wang
        sekolah dijangka bermula susulan justeru malah kini hendaklah kes mana kementerian kakitangan peguam pihak
        kawasan
    """,
    "mt": """
        il u ta li f ma tal din dan minn biex kien fuq ukoll jew għal fil hu hija mhux qal lill kif huwa l t x tista
        dwar kull
    """,
    "no": """
        og i det er på en som til av for at med har de ikke den et fra var han om men kan ble etter vil nå ved også
        eller blir hun mot være skal hvor sier mer mye ifølge eg ikkje ein eit dei frå vert du dette denne hvis noen
        blitt siden deres noe kun hva bare bruker kunne få
    """,
    "oc": """
        lo la los las de que e d en un una es per dins amb al dels sus aquel se del pas son o aquesta aqueste aquestes
        pòt pòdon vòstre vòstra avètz ont an mai coma sens dempuèi fòrça tanben foguèt èra lor
    """,
    "om": """
        fi kan akka hin keessa irraa isaa irratti jedhan waan kana yookaan namoota kun ni isa ta ture oromoo biyya
        mootummaa akkasumas garuu immoo kanaan dura booda waliin keessatti yeroo isaanii qaba qabu irra yoo ykn qofa
        dandaʼu jira fuula itti
    """,
    "ro": """
        și în de la pe cu a nu că este care o din mai un sunt au pentru fi să se prin după fost lui ca al ai ale sau
        ce această dacă fost
    """,
    "rw": """
        mu ku ko na kandi ariko cyangwa ubwo uyu bya ya iki abantu avuga igihe nyuma bari kuri wa yo muri yavuze ngo
        abo ibyo ni perezida igihugu rwanda bw rw by mw aho iyi uko nta kuko cyane ubu kugira kugirango
    """,
    "sk": """
        a v na sa je že s z do o aj to ako za by pre vo po k som ktorý ktoré ktorá ktorí podľa jeho ale nie bol bola
        bolo už tiež sú alebo než pri medzi má bude zo len tak aby ste ak byť pretože povedal uviedol sme keď iba ľudí
        ich môže však ešte viac dva dve treba preto tým
    """,
    "sl": """
        in je v na se da za so ki z s po iz pa ne tudi od do pri kot kar ni bil bila bilo bi ali ker še že med tem
        lahko te to tega če ste vam smo zaradi kakor bodo vsi katerih katere glede vendar kjer dovolj
    """,
    "sn": """
        kuti uye asi kana vanhu iyi nokuti zvino ari kubva pamusoro uyu ndi vari kwete ne mu pa ku iri ako kuva ye we
        re kune zve iyo icho hapana zvakare hurumende vakati anoti apo pana muna uyewo kwe zvisati kuita
    """,
    "so": """
        iyo oo ku ka ee in waa u la ay uu waxaa waxa waxay wuxuu isku ah ayaa si kale soo kala aan inuu inay kasoo
        sheegay magaalada dalka dadka ama leh waxaad loo dowladda madaxweynaha sanad maanta ahaa ahayd loogu lagu iska
        ugu badan wasiirka ciidamada markii kadib gobolka hadda wax mid halkan lama kara hore ma haddii tahay lahayn
    """,
    "sq": """
        dhe në të e i një për me nga se që ka si është nuk do u më ai kjo por ky janë kanë pas mes duke ishte mund
        nëse ose
    """,
    "sr": """
        i je u na se da za su od s o sa kao koji koja koje nije ali bi ili će iz ko šta tokom posle pre vreme dve gde
        rekao samo više uslov opština takođe nakon zbog prema kod još sve nedelja ovde и је у на се да за су од са не
        који која које као али што из ће би о после пре или није због predsednik predsednika predsednica mesto mestu
        deca reč cena mera uspeh čovek vest uvek svet sveta videti primer uslovi neko evropski evropske saopštio
        izjavio hiljada policija председник време место где рекао изјавио сви само може ови ове januara februara marta
        aprila maja juna jula avgusta septembra oktobra novembra decembra miliona sistem evropa predsedništvo izveštaj
        kompanija
    """,
    "su": "nu jeung ieu di ka tina éta pikeun aya henteu anu ku kana anjeun teu geus bisa atawa keur dina mun",
    "sv": """
        och att det som en på är av för med den till inte om har de ett han var men sig från vi så kan när hade nu
        efter ska vid eller också över alla många där blir sina du denna detta ingen finns i
    """,
    "sw": """
        na ya wa kwa ni la katika za kuwa cha hiyo hii baada wake yake kama alisema amesema watu pia lakini hilo hayo
        huo ambayo ambao bila kutoka hadi sana wengi huu hapa au ili kwenye vya serikali rais mwaka nchi siku kwamba
        yao hicho haya hizo huyo jana leo lake vile zaidi zake kuna wala mwingine zote yote wote tafadhali haiwezi
    """,
    "tk": """
        we bilen bu bir üçin da hem diýip boldy şeýle olar bolan edip ýa bar däl ýok ony şu size siziň edýär bolýar
        bolmagy barada sahypa
    """,
    "tl": "ang ng sa na mga si at ay ni para ito kay nang hindi siya ko mula kung din rin may isang niya pa ayon o",
    "uz": """
        va bu bilan uchun bir ham edi esa deb bo oʻ qilish boʻlgan kerak emas lekin haqida ularning yil oʻz yoki siz
        ва бу билан учун бир ҳам эди эса деб бўлган қилиш керак эмас йил
    """,
    "vi": "của và là có không được cho các một trong với những người này đã đến khi ở tại về bạn để từ",
    "xh": "ukuba kwaye kodwa okanye abantu nge kunye ukuze kule oku uthe apho ngokuba xa",
    "yo": "ní ti àti náà tí ó sí ń fún wọ́n láti pé kò bí lọ ni àwọn yìí ẹ ọ jẹ́ o ìwé fi a",
    "zu": """
        ukuthi futhi kodwa ngoba uma noma kanye yakhe kule lokhu abantu usho lapho njengoba nge uthe ngokuthi ku le lo
        lezi lesi ukuze kusho ngo izinto
    """,
    "be": "і ў на з у што не да па як для за ад гэта яго але пра або быў можа калі гэтай",
    "bg": "на и в се да за от са с не ще като че по до бе което са или след това този може е във",
    "kk": "және бір мен үшін деп бұл да де ол болып немесе бойынша жоқ туралы",
    "ky": "жана бир менен үчүн деп бул да ал болгон же боюнча эмес тууралуу",
    "mk": """
        на и во се да за од со не ќе дека е како што ја го ги по или може оваа овој сте беше ова има нема исто така
        рече според меѓу години година
    """,
    "mn": "ба нь энэ юм байна гэж болон тэр бөгөөд хийж байгаа",
    "tg": "ва дар аз ба ки ин барои бо аст шуд ё шумо",
    "tt": "һәм белән өчен бу дә ул да бер яки",
    "uk": """
        і в на з що та у до не за як від про для це його які але є по також був цей або якщо може він вона вони було
        були буде ви ваш
    """,
    "hi": """
        के में की है से को का और ने पर कि यह हैं भी नहीं एक कर लिए तो इस था थे हो गया रहा किया इसे या अपने आप करें रहे
        हुए हुई दिया कहा साथ बाद उन्होंने करने वाले गई होने जा सकते यदि
    """,
    "mr": """
        आणि आहे या च्या ने मध्ये ते हे होते नाही की असे त्या ला केले आहेत हा ही व आपण करा येथे पण तर होता यांनी असून
        आले झाले होती मात्र त्यांनी आली यांच्या करून आता काय त्यांच्या म्हणून असा
    """,
    "ne": """
        छ को र मा ले गरेको भएको पनि गर्न छन् यो हो थियो लागि तथा गरिएको छैन गर्नुहोस् गर्ने हुने भने तर यस छ। तपाईंले
        गरे भएका छैनन् हुन्छ सक्नुहुन्छ वा तपाईं नेपाली गरेका भन्दा उनले बताए अनुसार गर्दै आफ्नो सरकारले भन्ने पछि
        रूपमा यस्तो त्यस कुनै साथै गर्दा रहेको रहेका गरी नै
    """,
    "as": "আৰু এই হৈছে বাবে পৰা কৰা হয় নাই এটা আপুনি আছে এনে কিন্তু তেওঁ",
    "bn": "এবং এই করা হয় থেকে জন্য না এটি আপনি একটি আছে করে কিন্তু তিনি ও",
    "am": """
        ነው ላይ እና ውስጥ ግን ይህ ነበር ወደ ጋር ያለው መሆኑን እንደ አለ ናቸው ምክንያት ሲሆን ስለ ነገር በኋላ ነበረ እንዲሁም ሌላ ብቻ ወይም አዲስ አበባ መንግሥት ሰዎች
        ደግሞ ምንም ሆኖም ነው። ይችላል መሆን የሚል አይደለም እባክዎ
    """,
    "ti": """
        እዩ ኣብ ናይ ከም ድማ እዚ ነቲ ካብ እቲ ምስ ግን እዮም ነዚ ዘሎ ኣሎ ወይ ኩሉ ክሳብ እታ ነይሩ ነበረ እያ እዛ ኸኣ ብዛዕባ ኣይኮነን ዘለዎ ኣለዎ ዝበለ ኢሉ እንተ ናብ ብ
        ዝኾነ ስለ ዘይ ኮይኑ ከምኡ ኣብዚ መንግስቲ ህዝቢ ትግራይ ኤርትራ እንድሕር ይኽእል ዝርዝር እዋን
    """,
    "he": "של את על לא הוא עם כי גם היא זה או אם יש אל כל אבל",
    "yi": "די און איז פֿון פון דער צו אין מיט נישט דאס א האט אויף ניט אז וואס אויך זיי",
}  # fmt: skip


# Spellings that only one language of a script has, or two neighbours. One counts for half a word.
_SPELLINGS: Final = {
    "hr": r"(?:[mvdtsp]je|[bcdlmnprstvz]ije)(?=[a-zčćšžđ])",  # mjesto, vrijeme; in Serbian mesto, vreme
    "bs": r"(?:[mvdtsp]je|[bcdlmnprstvz]ije)(?=[a-zčćšžđ])",
    "ne": r"\S{2}(?:को|हरू|हरु|लाई|बाट|छन्|दै)(?=[\s।,]|$)",  # in Hindi, such particles stand alone
    "mr": r"ळ|\S{2}(?:च्या|ची|चे|चा|मध्ये|साठी)(?=[\s।,]|$)",
    "ti": "[ኣቐ-ቕኸ-ኽ]",  # Amharic hardly ever has these letters
}
_COMPILED: Final = {language: re.compile(spelling) for language, spelling in _SPELLINGS.items()}
_WORD: Final = re.compile(r"[^\s.,;:!?…\"'’‘«»“”()\[\]/|።፣।-]+")


def frequent_words(text: str, languages: Set[str]) -> tuple[int, Mapping[str, float]]:
    """Returns the number of words of a text, and how many are frequent words of each of the languages given.

    A frequent word of several languages counts for each of them with its share: 1 over their number.
    """
    lowered = text.lower()
    words = _WORD.findall(lowered)
    having = _languages_of_words()
    found = dict.fromkeys(languages, 0.0)
    for word in words:
        for language, weight in having.get(word, ()):
            if language in found:
                found[language] += weight
    for language, spelling in _COMPILED.items():
        if language in found:
            found[language] += len(spelling.findall(lowered)) / 2
    return len(words), found


@cache
def _languages_of_words() -> dict[str, tuple[tuple[str, float], ...]]:
    """Returns, for each frequent word, its languages, each with the word's weight: 1 over their number."""
    having: dict[str, set[str]] = defaultdict(set)
    for lists in (_WORDS, written_function_words()):
        for language, words in lists.items():
            for word in words.split():
                having[word].add(language)
    return {
        word: tuple((language, 1 / len(languages)) for language in sorted(languages))
        for word, languages in having.items()
    }
