"""The words for numbers that the guard knows: a line a language, zero to nine; what is more, beneath."""

DIGITS = """
zero one two three four five six seven eight nine
shunya ek do teen char paanch chhe saat aath nau
sunya ik duo tin chaar panch chhah sat ath nav
shoonya aek dow theen chaar paach chha saath aathh nao
cero uno dos tres cuatro cinco seis siete ocho nueve
zero un deux trois quatre cinq six sept huit neuf
null eins zwei drei vier funf sechs sieben acht neun
zero um dois tres quatro cinco meia sete oito nove
nul een twee drie vier vijf zes zeven acht negen
zero uma due tre quattro cinque sei sette otto nove
zero jeden dwa trzy cztery piec szesc siedem osiem dziewiec
sifir bir iki uc dort bes alti yedi sekiz dokuz
sifuri moja mbili tatu nne tano sita saba nane tisa
nol satu dua tiga empat lima enam tujuh delapan sembilan
kosong isa dalawa tatlo apat lima anim pito walo siyam
sifr wahid ithnan thalatha arbaa khamsa sitta sabaa thamaniya tisaa
sefr wahed itnein talata arba khamseh sitteh saba tamanya tesaa
shunno ek dui teen char pach choy shaat aat noy
poojyam ondru irandu moondru naangu ainthu aaru ezhu ettu onbathu
poojiyam onru rendu moonu nalu anju aru elu yettu onpathu
sunna okati rendu moodu nalugu aidu aaru edu enimidi tommidi
sonne ondu eradu mooru naalku aidu aaru elu entu ombattu
poojyam onnu randu moonnu naalu anchu aaru ezhu ettu onpathu
shunya ek don teen char pach saha saat aath nau
shunya ek bey tran char panch chhah saat aath nav
ling yi er san si wu liu qi ba jiu
rei ichi ni san yon go roku nana hachi kyuu
maru hitotsu futatsu mittsu shi itsutsu muttsu shichi yattsu kyu
ноль один два три четыре пять шесть семь восемь девять
शून्य एक दो तीन चार पाँच छह सात आठ नौ
शुन्य एक दोन तीन चार पांच छः सात आठ नऊ
सिफर इक दो तिन चार पाच छे सत अठ नव
શૂન્ય એક બે ત્રણ ચાર પાંચ છ સાત આઠ નવ
ਸਿਫ਼ਰ ਇੱਕ ਦੋ ਤਿੰਨ ਚਾਰ ਪੰਜ ਛੇ ਸੱਤ ਅੱਠ ਨੌਂ
শূন্য এক দুই তিন চার পাঁচ ছয় সাত আট নয়
பூஜ்ஜியம் ஒன்று இரண்டு மூன்று நான்கு ஐந்து ஆறு ஏழு எட்டு ஒன்பது
பூஜ்யம் ஒண்ணு ரெண்டு மூணு நாலு அஞ்சு ஆறு ஏழு எட்டு ஒம்பது
సున్నా ఒకటి రెండు మూడు నాలుగు ఐదు ఆరు ఏడు ఎనిమిది తొమ్మిది
ಸೊನ್ನೆ ಒಂದು ಎರಡು ಮೂರು ನಾಲ್ಕು ಐದು ಆರು ಏಳು ಎಂಟು ಒಂಬತ್ತು
പൂജ്യം ഒന്ന് രണ്ട് മൂന്ന് നാല് അഞ്ച് ആറ് ഏഴ് എട്ട് ഒമ്പത്
صفر واحد اثنان ثلاثة أربعة خمسة ستة سبعة ثمانية تسعة
صفر واحد اثنين ثلاث أربع خمس ست سبع ثمان تسع
صفر ایک دو تین چار پانچ چھ سات آٹھ نو
صفر یک دو سه چهار پنج شش هفت هشت نه
"""
MORE = {
    "oh": "0", "o": "0", "nought": "0", "naught": "0", "nil": "0", "aught": "0", "ought": "0", "cipher": "0", "zip": "0",
    "won": "1", "wan": "1", "ace": "1", "single": "1", "too": "2", "tow": "2", "pair": "2", "tree": "3", "thre": "3",
    "fore": "4", "fower": "4", "fife": "5", "fiv": "5", "sicks": "6", "sevn": "7", "ate": "8", "ait": "8", "eigth": "8",
    "niner": "9", "nein": "9", "zeros": "0", "ones": "1", "twos": "2", "threes": "3", "fours": "4", "fives": "5",
    "sixes": "6", "sevens": "7", "eights": "8", "nines": "9", "first": "1", "second": "2", "third": "3", "fourth": "4",
    "fifth": "5", "sixth": "6", "seventh": "7", "eighth": "8", "ninth": "9", "deuce": "2", "zwo": "2", "bindi": "0",
}  # fmt: skip
LOOSE = {
    "to": "2", "for": "4", "no": "9", "be": "2", "sex": "6", "che": "6", "chai": "6", "cha": "6", "five": "5", "a": "1",
    "den": "10", "nine": "9", "tu": "2", "fo": "4", "ones": "1", "das": "10",
}  # fmt: skip
# Ordinary words of English or Hindi among the digits of some language: in the loose reading alone.
AMBIGUOUS = frozenset(
    [
        "do",
        "don",
        "due",
        "go",
        "ba",
        "er",
        "ni",
        "si",
        "san",
        "aat",
        "un",
        "um",
        "uma",
        "tre",
        "die",
        "sei",
        "saba",
        "edu",
        "aru",
        "elu",
        "isa",
        "lima",
        "bir",
        "second",
        "first",
        "third",
        "single",
        "pair",
        "shi",
        "yi",
        "ace",
        "ate",
        "too",
        "won",
        "wan",
        "tree",
        "fore",
        "ought",
        "zip",
        "meia",
        "tres",
        "ik",
        "duo",
    ]
)

HINDI = """
das gyarah barah terah chaudah pandrah solah satrah atharah unnis
bees ikkis bais teis chaubis pachis chhabbis sattais atthais untis
tees ikattis battis taintis chauntis paintis chhattis saintis adtis untalis
chalis iktalis bayalis taintalis chavalis paintalis chhiyalis saintalis adtalis unchas
pachas ikyavan bavan tirpan chauvan pachpan chhappan sattavan atthavan unsath
saath iksath basath tirsath chaunsath painsath chhiyasath sadsath adsath unhattar
sattar ikhattar bahattar tihattar chauhattar pachhattar chhihattar satahattar athhattar unnasi
assi ikyasi bayasi tirasi chaurasi pachasi chhiyasi satasi atthasi navasi
nabbe ikyanve banve tiranve chauranve pachanve chhiyanve sattanve atthanve ninyanve
"""
HINDI_SCRIPT = """
दस ग्यारह बारह तेरह चौदह पंद्रह सोलह सत्रह अठारह उन्नीस
बीस इक्कीस बाईस तेईस चौबीस पच्चीस छब्बीस सत्ताईस अट्ठाईस उनतीस
तीस इकतीस बत्तीस तैंतीस चौंतीस पैंतीस छत्तीस सैंतीस अड़तीस उनतालीस
चालीस इकतालीस बयालीस तैंतालीस चवालीस पैंतालीस छियालीस सैंतालीस अड़तालीस उनचास
पचास इक्यावन बावन तिरपन चौवन पचपन छप्पन सत्तावन अट्ठावन उनसठ
साठ इकसठ बासठ तिरसठ चौंसठ पैंसठ छियासठ सड़सठ अड़सठ उनहत्तर
सत्तर इकहत्तर बहत्तर तिहत्तर चौहत्तर पचहत्तर छिहत्तर सतहत्तर अठहत्तर उन्यासी
अस्सी इक्यासी बयासी तिरासी चौरासी पचासी छियासी सतासी अट्ठासी नवासी
नब्बे इक्यानवे बानवे तिरानवे चौरानवे पचानवे छियानवे सत्तानवे अट्ठानवे निन्यानवे
"""
TEENS = """
ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen
diez once doce trece catorce quince dieciseis diecisiete dieciocho diecinueve
dix onze douze treize quatorze quinze seize dixsept dixhuit dixneuf
zehn elf zwolf dreizehn vierzehn funfzehn sechzehn siebzehn achtzehn neunzehn
"""
TENS = """
twenty thirty forty fifty sixty seventy eighty ninety
veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa
vingt trente quarante cinquante soixante septante octante nonante
zwanzig dreissig vierzig funfzig sechzig siebzig achtzig neunzig
vinte trinta quarenta cinquenta sessenta setenta oitenta noventa
"""
REPEATS = {
    "double": 2, "dbl": 2, "twice": 2, "dubble": 2, "dabal": 2, "dable": 2, "doble": 2, "dobble": 2, "duplo": 2,
    "triple": 3, "thrice": 3, "tripple": 3, "tripal": 3, "treble": 3, "tripel": 3, "quadruple": 4, "quad": 4,
    "डबल": 2, "ट्रिपल": 3,
}  # fmt: skip
SCALES = {
    "hundred": 10**2, "thousand": 10**3, "million": 10**6, "billion": 10**9, "lakh": 10**5, "lac": 10**5, "lakhs": 10**5,
    "crore": 10**7, "crores": 10**7, "sau": 10**2, "hazaar": 10**3, "hazar": 10**3, "cien": 10**2, "ciento": 10**2,
    "mil": 10**3, "millones": 10**6, "arab": 10**9,
}  # fmt: skip
ROMAN = {
    numeral: str(value)
    for value, numeral in enumerate(["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii"], 1)
} | {"iiii": "4", "viiii": "9", "o": "0", "n": "0", "nulla": "0", "zero": "0"}  # fmt: skip
