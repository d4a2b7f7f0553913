"""Words before figures that say what they are: a policy, a reading, whatever has a number and is no telephone."""

import re

from bowchat_masking.saying import by_letter, stands_before

# What has a number of its own and is no telephone.
_THINGS = (
    r"policy|pol|claim|order|ref|conf|confirmation|tag|reference|invoice|inv|txn|transaction|utr|rrn|receipt|rcpt|bill|ticket|token|case|complaint|grievance"
    r"|application|appln?|proposal|quote|quotation|certificate|cert|cover\snote|endorsement|intimation|pre-?auth|authori[sz]ation"
    r"|approval|acknowledge?ment|ack|membership|member|customer|cust|consumer|tracking|awb|docket|engine|chassis|vin|pnr|booking|reg"
    r"|registration|folio|roll|isbn|ean|upc|sku|batch|circular|hall\sticket|rohini\sid|service\srequest|srn?|uhid|mrn|ipd?|opd?"
    r"|crn|fir|gd\sentry|crime|incident|report|loan|consignment|document|doc|file|serial|model|meter|cheque|check|chq|dd"
    r"|demand\sdraft|imps|neft|rtgs|barcode|mandate|lab|sample|specimen|job\s?card|pod|courier|citation|docket|password|passcode"
    r"|uin|cin|irdai?|challan|voucher|coupon|card\sid|agent\scode|licen[cs]e|permit"
    r"|imei|iccid|micro-?chip|chip|tax\sid|f?ein|npi|arn|umrn|isin|ppo|uan|khasra|waybill|container|seal|session|request"
    r"|req|query|enquiry|inquiry|prescription|rx|deed|itinerary|reservation|frame|v5c|mot|[ce]?-?kyc|mpan|mprn|cups|slot|notice|(?:health|ration|id|gmc|tpa|member)\scard|insurance|mediclaim"
    r"|plan|scheme|mortgage|parcel|udin|epf|esic|rma|bima|shikayat|rasee?d|parchi|yojana"
    # Houses that give such numbers and no telephones: carriers and insurers.
    r"|fedex|ups|usps|dhl|blue\s?dart|delhivery|dtdc|ekart|correos|seur|mrw|evri|yodel|parcelforce|royal\smail|speed\spost"
    r"|lic|hdfc(?:\sergo|\slife)?|icici(?:\slombard|\spru|\sprudential)?|bajaj(?:\sallianz)?|tata\saig|acko|go\s?digit|star\shealth|niva\sbupa|oriental"
    r"|new\sindia|united\sindia|geico|progressive|allstate|state\sfarm|usaa|aviva|axa|admiral|direct\sline|churchill|hastings|allianz|zurich"
    r"|mapfre|mutua|l[ií]nea\sdirecta|generali|sanitas|adeslas|asisa|pelayo"
    r"|p[oó]liza|siniestro|parte|pedido|factura|recibo|expediente|referencia|atestado|autorizaci[oó]n|volante|presupuesto|contrato"
    r"|caso|denuncia|tr[aá]mite|gesti[oó]n|incidencia|localizador|justificante|transferencia|operaci[oó]n|serie"
    r"|seguro|hipoteca|pr[eé]stamo|historia(?:\scl[ií]nica)?|env[ií]o|lote|seguimiento|bulto|cliente|socio|afiliado|orden|n[oó]mina|exp|expte|diligencias|reserva|albar[aá]n|solicitud|matr[ií]cula|bastidor|पॉलिसी|क्लेम|दावा|दावे|ऑर्डर|रसीद|बिल|शिकायत|टोकन|लोन|केस|आवेदन|इंजन|चेसिस|यूटीआर|रेफरेंस|चेक|बीमा"
)
_IS_CALLED = (
    r"(?:\s?(?:no|nos|num|number|id|nr|code|ref|is|are|son|es|el|la|hai|was|ka|ki|de|del|nambar|n[uú]mero|n[uú]m"
    r"|का|की|नंबर|नम्बर|है|[:#.,=-])){0,4}"
)
# A word between "policy" and its number is the house's, unless it speaks of a telephone.
_NO_BRAND = (
    r"(?:call|calling|contact|phone|ph|mob|mobile|cell|tel|wa|wapp|whats?app|dial|ring|reach|text|txt|sms|msg|ping|fax|my|me|mera|meri"
    r"|his|her|our|office|home|ll[aá]ma(?:me|r)?|tel[eé]fono|m[oó]vil|fijo|landline|holder|owner|wala"
    r"|agent|advis[eo]r|broker|manager|officer|rep|person|guy|lady|man|surveyor|adjuster|driver|doctor|wife|husband|son|daughter|brother|sister|bhai|didi|sir|madam"
    r"|helpline|hotline|care|line|desk|toll|agente|gestor|corredor|perito|mujer|marido|or|and|to|on|at|aur|ya|y|o)\b"
)
_NO_THING = (
    r"call|calling|contact|cont|phone|ph|fone|mob|mobile|cell|tel|wa|wapp|wtsp|whats?app|watsapp|viber|signal|telegram|dial|ring|reach"
    r"|text|txt|sms|msg|ping|fax|ka|ki|ke|se|wala|wali|s|my|me|mera|meri|mere|apna|apne|his|her|our|your|their|uska|uski|unka|the|this|that|is|on|at|to|and|or|aur|ya|y|o"
    r"|new|old|naya|purana|other|another|alt|alternate|alternative|second|personal|private|direct|own|dusra|doosra|work|office|home|house|ghar"
    r"|shop|dukaan|clinic|hospital|doctor|dr|landline|land|fixed|local|std|toll|helpline|emergency|residence|resi|desk|reception|garage|workshop"
    r"|agent|advisor|broker|driver|wife|husband|son|daughter|father|mother|papa|mummy|bhai|bro|brother|sister|friend|boss|manager|owner|uncle"
    r"|aunty|neighbou?r|mechanic|lawyer|nominee|sir|madam|jio|airtel|gpay|paytm|phonepe|google|mi|su|tu|de|del|mujer|marido|hijo|hija|casa|oficina"
    r"|taller|trabajo|tel[eé]fono|m[oó]vil|fijo|मेरा|मोबाइल|फोन|फ़ोन|घर|दूसरा|नया"
)
# A paper is cited by its day and its number: "our letter dated 4/6, no 2129972".
_DATED = (
    r"(?:dated|dtd|fechad[oa]|de fecha)\.?\s[0-9]{1,2}[/.-][0-9]{1,2}(?:[/.-][0-9]{2,4})?,?"
    r"\s(?:no|nr|num|number|n[uú]m(?:ero)?|ref)"
)
_CUE = re.compile(
    rf"(?<![^\W_])(?:(?:{by_letter(_THINGS)}|policies)s?(?:\s(?:(?:de|del|of|from)\s)?(?!{_NO_BRAND})[^\W\d_]{{2,12}}+)?"
    rf"|{_DATED}){_IS_CALLED}\s?[#(]?\Z",
)
_FIGURES = (
    r"amount|amt|sum(?:\sinsured|\sassured)?|premium|idv|cover|coverage|paid|pay|cost|costs|price|prices|bill|total|balance|emi|limit"
    r"|budget|estimate|salary|income|refund|deductible|excess|odometer|odo|meter|mileage|km|kms|reading|train|flight|seat|coach|toll|taxi|labour|labor|parts|paint|medicines?|room|icu|rent"
    r"|claimed|approved|deducted|assessed|offered|quoted|credited|debited|received|refunded|sanctioned|settled|payable|due|owed|fees?|charges?"
    r"|tax|vat|gst|[csiu]gst|tds|interest|principal|maturity|bonus|fund|deposit|instal?lments?|salvage|loss|depreciation|discount|net|gross"
    r"|repairs?|reserve|(?:surrender|market|fund|paid-up)\svalue|benefit|payout|bp|b\.p\.|sugar|pulse|hr|rr|spo2|hb|hba1c|weight|wt|height|ht|temp|age|ages|aged|cholesterol|creatinine"
    r"|platelets|nav|cpt|icd|ndc|section|sec|clause|form|forms|page|pages|photos?|room\sno|ward|kilometraje|kil[oó]metros|edad|edades|tensi[oó]n|peso|glucosa|pin|pincode|pin\scode|postcode|zip|zip\scode|otp|passcode|prima|importe"
    r"|monto|precio|franquicia|cuota|valor|capital|base|iva|total|pagu[eé]|बिल|दवा|उम्र|बीपी|शुगर|ओडोमीटर|किलोमीटर|राशि|प्रीमियम|रकम|पिन|ओटीपी"
)
_FIGURE_CUE = re.compile(
    rf"(?<![^\W_])(?:{by_letter(_FIGURES)})(?:\s?(?:[0-9]{{1,2}}(?:\.[0-9]{{1,2}})?\s?%|[0-9][0-9.,]{{2,11}}+\s(?:se|tha|thi|was|to|or|vs|then|now|not|instead\sof|rather\sthan|a|o)|is|of|was|at|no|now|ab|start|starting|initial|codes?|driven|hai|tha|=|:|for|about|around|approx|only|got|es|de|fue|है|के|का|था)){{0,3}}\s?\Z",
)
# "jobcard no. 7923207": whatever has a number, but nobody and nowhere that could have a telephone.
_ANY_CUE = re.compile(
    r"(?<![^\W_])(?=[^\W\d_]{2,16}+\s(?:no|num|number|id|ref|code|n[uú]mero|n[uú]m|नंबर)\.?\s?[:#=-]?\s?\Z)"
    rf"(?!(?:{by_letter(_NO_THING)})\b)",
)


def is_called_reference(text: str, at: int) -> bool:
    """Whether the words before `at` call what follows a policy, a claim, a transaction."""
    return stands_before(_CUE, text, at)


def is_called_figure(text: str, at: int) -> bool:
    """Whether they call it an amount, a reading, an age."""
    return stands_before(_FIGURE_CUE, text, at)


def is_called_anything(text: str, at: int) -> bool:
    """Whether they call it the number of something that is neither a person nor a place."""
    return stands_before(_ANY_CUE, text, at)
