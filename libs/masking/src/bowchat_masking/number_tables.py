# ruff: noqa: E501, RUF001 - tables, and look-alike characters are the subject
"""The words that say digits, by language and script, and the words that do so only among others."""

# One language a line, nought to nine; several spellings with a bar.
UNITS = """
zero|naught|nought|nil|null|cipher|zeroes one two|tu three|tree|thre four|fower|foor five|fife|fiv six|siks seven|sevn eight|eigth|ait nine|niner|nien
zeros ones twos threes fours fives sixes sevens eights nines
orez eno owt eerht ruof evif xis neves thgie enin
mreb bar gjb guerr sbhe svir fvk frira rvtug avar
cero uno|una dos tres cuatro cinco seis siete ocho nueve
zero un|une deux trois quatre cinq six sept huit neuf
null eins|ein zwei|zwo drei vier fünf|fuenf sechs sieben acht neun
zero um|uma dois|duas três quatro cinco|sinco seis|meia sete oito nove
zero uno due tre quattro cinque sei sette otto nove
nul een twee drie vier vijf zes zeven acht negen
nol|kosong|kosng satu dua tiga|tige empat lima enam|anam tujuh delapan|lapan sembilan
sifir|sıfır bir iki üç|uc dört|dort beş|bes altı|alti yedi sekiz dokuz
sifuri moja mbili tatu nne tano sita saba nane tisa
ноль|нуль один|одна два|две три четыре пять шесть семь восемь девять
nol|nul odin|adin dva tri chetyre pyat|piat shest syem vosem|vosyem devyat|deviat
शून्य|ज़ीरो|जीरो|सिफर एक दो तीन चार पांच|पाँच|पाच|पान्च छह|छः|छ|छे|छै सात आठ नौ
झीरो वन टू|टु थ्री फोर|फ़ोर फाइव|फ़ाइव|फाईव सिक्स सेवन|सेव्हन एट|एइट नाइन|नाईन
शून्य एक दोन तीन चार पाच सहा सात आठ नऊ
শূন্য|শুন্য|জিরো এক দুই তিন চার পাঁচ|পাচ ছয় সাত আট নয়
শূন্য এক দুই তিন চার পাঁচ ছয় সাত আট নয়
பூஜ்யம்|பூஜ்ஜியம்|சுழியம்|ஜீரோ ஒன்று|ஒண்ணு இரண்டு|ரெண்டு மூன்று|மூணு நான்கு|நாலு ஐந்து|அஞ்சு ஆறு ஏழு எட்டு ஒன்பது|ஒம்பது
సున్నా|సున్న|జీరో ఒకటి రెండు మూడు నాలుగు ఐదు|అయిదు ఆరు ఏడు ఎనిమిది తొమ్మిది
ಸೊನ್ನೆ|ಶೂನ್ಯ ಒಂದು ಎರಡು ಮೂರು ನಾಲ್ಕು ಐದು ಆರು ಏಳು ಎಂಟು ಒಂಬತ್ತು
പൂജ്യം ഒന്ന് രണ്ട് മൂന്ന് നാല് അഞ്ച് ആറ് ഏഴ് എട്ട് ഒമ്പത്|ഒൻപത്
શૂન્ય|શુન્ય|ઝીરો એક બે ત્રણ ચાર પાંચ છ સાત આઠ નવ
ਸਿਫ਼ਰ|ਸਿਫਰ|ਜ਼ੀਰੋ ਇੱਕ|ਇਕ ਦੋ ਤਿੰਨ|ਤਿਨ ਚਾਰ ਪੰਜ ਛੇ ਸੱਤ|ਸਤ ਅੱਠ|ਅਠ ਨੌਂ|ਨੌ
صفر|زیرو ایک|واحد|واحدة|یک دو|اثنان|اثنين|اتنين تین|ثلاثة|ثلاث|تلاتة|سه چار|أربعة|اربعة|اربع|چهار پانچ|خمسة|خمس|پنج چھ|ستة|ست|شش سات|سبعة|سبع|هفت آٹھ|ثمانية|ثمان|هشت نو|تسعة|تسع|نه
sifr|sifar wahid|wahed|wahda ithnan|ithnain|itnein|itnan thalatha|talata|thalath arbaa|arba khamsa|hamsa|khams sitta|sita saba|sabaa|sebaa thamaniya|tamanya|thamania tisa|tisaa|tesaa
pujyam|poojyam|suzhiyam|suliyam onnu|ondru|onru rendu|randu|irandu moonu|munu|moondru naalu|nalu|nangu|naangu anju|ainthu|aindhu aaru|aru ezhu|elu|yezhu ettu|yettu onbathu|ombathu|ombadhu
sunna|sunnaa okati rendu moodu|mudu naalugu|nalugu aidu aaru edu|yedu enimidi tommidi|thommidi
sonne ondu eradu mooru|muru nalku|naalku aidu aaru elu|yelu entu|yentu ombattu|ombathu
pujyam|poojyam onnu randu|rantu moonnu|munnu naalu|nalu anchu aaru|aru ezhu|eezhu ettu onpathu|onpatu|ombathu
صفر|زیرو ون|ایک ٹو|دو تھری|تین فور|چار فائیو|فایو سکس|چھے سیون ایٹ نائن|ناین
"""
TEENS = """
ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen
diez once doce trece catorce quince dieciseis diecisiete dieciocho diecinueve
dix onze douze treize quatorze quinze seize dixsept dixhuit dixneuf
zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn
dez onze doze treze catorze quinze dezesseis dezessete dezoito dezenove
dieci undici dodici tredici quattordici quindici sedici diciassette diciotto diciannove
عشرة|عشر احدعشر|أحدعشر اثناعشر|اثنعشر ثلاثةعشر أربعةعشر|اربعةعشر خمسةعشر ستةعشر سبعةعشر ثمانيةعشر تسعةعشر
"""
TENS = """
twenty thirty|therty forty|fourty fifty sixty seventy eighty ninety|ninty
veinte|veinti treinta cuarenta cincuenta sesenta setenta ochenta noventa
vingt trente quarante cinquante soixante septante huitante nonante
zwanzig dreißig|dreissig vierzig fünfzig sechzig siebzig achtzig neunzig
vinte trinta quarenta cinquenta sessenta setenta oitenta noventa
venti trenta quaranta cinquanta sessanta settanta ottanta novanta
عشرين|عشرون ثلاثين|ثلاثون|تلاتين أربعين|اربعين|أربعون|اربعون خمسين|خمسون ستين|ستون سبعين|سبعون ثمانين|ثمانون|تمانين|ثمانيين تسعين|تسعون
وعشرين|وعشرون وثلاثين|وثلاثون|وتلاتين وأربعين|واربعين|وأربعون|واربعون وخمسين|وخمسون وستين|وستون وسبعين|وسبعون وثمانين|وثمانون|وتمانين|وثمانيين وتسعين|وتسعون
ishreen|eshreen|ishrin thalatheen|talateen|thalathin arbaeen|arbaeen|arbain khamseen|khamsin sitteen|sittin sabeen|sabaeen|sabin thamaneen|tamaneen|thamanin tiseen|tisaeen|tisin
"""
# In Arabic the unit comes first, and the ten after it with this letter: "eight and ninety".
ARABIC_AND = "و"
ARABIC_TEN = frozenset(("عشر", "عشرة"))
# From ten to ninety-nine, as heard and as written.
HINDI_ROMAN = """
das|dus gyarah|gyara|giyarah barah|bara terah|tera chaudah|chauda pandrah|pandra|pandhra solah|sola satrah|satra|sattrah
atharah|athara|attharah unnis|unnees bees|bis ikkis|ikkees|ikis bais|baees|baais teis|teyis|tais chaubis|chaubees pachis|pachees|pacchis
chhabbis|chhabis|chabbees satais|sattais|sattaees athais|atthais|attaees untis|unattis|untees tees|tis ikattis|iktis|ikatis|iktees battis|batis|battees
taintis|tetis|tentees chauntis|chautis|chautees paintis|paitis|paintees chhattis|chhatis|chhattees saintis|saitis|saintees
adtis|artis|artees|adtees untalis|unchalis|untalees chalis|chaalis|chalees iktalis|iktalees bayalis|bialis|bayalees|byalis taintalis|tetalis|taintalees
chavalis|chawalis|chauvalis|chavalees paintalis|paitalis|paintalees chhiyalis|chhialis|chhiyalees saintalis|saitalis|saintalees
adtalis|artalis|adtalees unchas|unchaas|unanchas pachas|pachaas ikyavan|ikyawan|ikavan bavan|bawan|baavan tirpan|trepan|tirepan chauvan|chawwan|chavan
pachpan|pachapan chhappan|chappan sattavan|satavan|sattawan atthavan|athavan|atthawan unsath|unsatth saath|saatth iksath|ikasath basath|baasath
tirsath|tresath|tirasath chausath|chaunsath painsath|paisath chhiyasath|chhasath|chhiasath sadsath|sarsath adsath|arsath unhattar|unattar|unhatar
sattar|satar ikhattar|ikahattar|ikattar bahattar|bahatar tihattar|tehattar|tihatar chauhattar|chauhatar pachhattar|pachattar|pachhatar
chhihattar|chhiyattar|chhihatar satattar|sathattar|satahattar athattar|athhattar|athahattar unasi|unnasi|unyasi assi ikyasi|ikasi bayasi|biyasi|byasi
tirasi|tiraasi|terasi chaurasi|chaurassi pachasi|pachaasi chhiyasi|chhiasi satasi|sattasi athasi|atthasi navasi|nawasi nabbe|nabe|navve
ikyanave|ikyanbe|ikanve|ikyanve banave|banve|baanve|banbe tiranave|tiranve|tiranbe chauranave|chauranve|chauranbe pachanave|pachanve|pachanbe|panchanve
chhiyanave|chhiyanve|chhiyanbe satanave|sattanve|satanve|sattanbe athanave|atthanve|athanve|atthanbe ninyanave|ninyanve|ninanve|ninyanbe
"""
HINDI_DEVANAGARI = """
दस ग्यारह बारह तेरह चौदह पंद्रह|पन्द्रह सोलह सत्रह अठारह|अट्ठारह उन्नीस बीस इक्कीस बाईस|बाइस तेईस|तेइस चौबीस पच्चीस छब्बीस सत्ताईस|सत्ताइस
अट्ठाईस|अट्ठाइस|अठाईस उनतीस|उन्तीस तीस इकतीस|इकत्तीस बत्तीस तैंतीस|तेंतीस चौंतीस पैंतीस छत्तीस सैंतीस अड़तीस|अडतीस उनतालीस|उन्तालीस
चालीस इकतालीस बयालीस तैंतालीस चवालीस|चौवालीस|चौंतालीस पैंतालीस छियालीस सैंतालीस अड़तालीस|अडतालीस उनचास|उन्चास पचास इक्यावन बावन
तिरपन|तिरेपन चौवन|चौअन पचपन छप्पन सत्तावन अट्ठावन|अठावन उनसठ साठ इकसठ बासठ तिरसठ|तिरेसठ चौंसठ|चौसठ पैंसठ छियासठ सड़सठ|सरसठ अड़सठ
उनहत्तर सत्तर इकहत्तर बहत्तर तिहत्तर चौहत्तर पचहत्तर|पिचहत्तर छिहत्तर सतहत्तर अठहत्तर उन्यासी|उनासी अस्सी इक्यासी बयासी तिरासी चौरासी
पचासी छियासी सत्तासी|सतासी अट्ठासी|अठासी नवासी नब्बे इक्यानवे|इक्यानबे बानवे|बानबे तिरानवे|तिरानबे चौरानवे|चौरानबे पचानवे|पंचानबे|पंचानवे छियानवे|छियानबे
सत्तानवे|सत्तानबे अट्ठानवे|अट्ठानबे|अठानवे निन्यानवे|निन्यानबे
"""
HINDI_UNITS = """
shunya|shoonya|sunya|jiro|ziro|siphar ek|aik|ik do|doh teen|tin|tiin char|chaar panch|paanch|paach|punch chhah|chhe|che|chah|chhai|cheh|chha|chay saat|sat|sath aath|aat|ath|aanth|aadh nau|no|now|naw|nou|nao
hundo|shunyo|shunno ek dui tin char panch chhoy|choy shat|saat aat|at noy|noi
shunya ek don teen char pach saha|sahaa saat aath nau|nav
meendu ek be tran char panch chha sat aath nav
sifar ikk do tinn char panj chhe satt athh naun
"""
REPEATS = {
    2: "double dbl doble dabal dabbal duble duplo doppel doppio twice डबल ডাবল டபுள் డబుల్ ਡਬਲ دوبار ڈبل",
    3: "triple tripple tripal trippal treble thrice triplo dreifach ट्रिपल ट्रिपिल டிரிபிள் ਟ੍ਰਿਪਲ",
    4: "quadruple quad cuadruple",
}
HUNDREDS = "hundred hundreds cien ciento cent hundert cento cem sau सौ"
SCALES = (
    "thousand lakh lakhs lac lacs crore crores million billion mil mille tausend hazar hazaar hajar karod lak"
    " हज़ार हजार लाख करोड़ करोड"
)
BRIDGES = (
    "and then dash hyphen minus space comma dot point stop pause plus slash star hash underscore followed by next again after"
    " phir fir aur tab uske baad y luego entonces guion coma punto espacio puis tiret und dann depois poi"
    " times baar veces fois बार و that despues dps फिर और उसके बाद पर"
)
# Words of ordinary speech that happen to be digits somewhere.
WEAK = frozenset(
    [
        "to",
        "too",
        "for",
        "fore",
        "ate",
        "won",
        "do",
        "sat",
        "sath",
        "no",
        "now",
        "at",
        "be",
        "on",
        "tin",
        "shat",
        "aat",
        "don",
        "due",
        "tre",
        "sei",
        "set",
        "um",
        "un",
        "une",
        "uma",
        "dos",
        "uno",
        "nil",
        "null",
        "cipher",
        "bar",
        "bir",
        "lima",
        "dua",
        "sita",
        "saba",
        "tano",
        "nane",
        "tatu",
        "ein",
        "elf",
        "once",
        "onze",
        "seize",
        "cent",
        "aru",
        "elu",
        "edu",
        "ik",
        "che",
        "chay",
        "das",
        "dus",
        "char",
        "teen",
        "bees",
        "bis",
        "bara",
        "tera",
        "sola",
        "tees",
        "tis",
        "batis",
        "tais",
        "nav",
        "nau",
        "o",
        "oh",
        "ooh",
        "owe",
        "ait",
        "tree",
        "tu",
        "ath",
        "punch",
        "meia",
        "saat",
        "aath",
        "dix",
        "sept",
        "acht",
        "nove",
        "sete",
        "dez",
        "mil",
        "doh",
        "hamsa",
        "altı",
        "alti",
        "bes",
        "uc",
        "iki",
        "een",
        "vier",
        "eno",
        "bais",
        "athara",
        "satra",
        "naw",
        "foor",
        "fiv",
        "fife",
        "fower",
        "chavan",
        "bavan",
        "saath",
        "assi",
        "satar",
        "anju",
        "nul",
        "tri",
        "dva",
        "ones",
        "zeros",
        "zip",
        "nada",
        "nothing",
        "ought",
        "aught",
        "eighth",
        "free",
        "sevenths",
        "wan",
        "tew",
        "fo",
        "nain",
        "नो",
        "बे",
        "एट",
        "टू",
        "वन",
    ]
)
HOMOPHONES = {
    "to": "2", "too": "2", "for": "4", "fore": "4", "ate": "8", "won": "1", "wan": "1", "wun": "1", "sicks": "6", "free": "3",
}  # fmt: skip
FUNCTION_WORDS = frozenset((*HOMOPHONES, "do", "no", "now", "on", "at", "be", "so", "un", "um", "me"))
"""Words of which ordinary speech is made: they are digits among number words alone."""
LETTERS = {
    "o": "0", "oh": "0", "ooh": "0", "owe": "0", "zip": "0", "nada": "0", "nothing": "0", "ought": "0", "aught": "0",
}  # fmt: skip
ROMANS = {
    each: str(value)
    for value, each in enumerate(["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x"], 1)
}
