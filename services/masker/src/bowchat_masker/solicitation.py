# ruff: noqa: E501, ISC004, RUF001 - a phrase stands on one line, and words of other scripts are the subject
"""Whether a reply asks for contact outside: "call me", "what is your number?", "let us talk on WhatsApp".

Phrases of English, Hindi in its own script and romanised, and Spanish, on the folded text. A phrase counts unless it
speaks of somebody else ("we will call the garage"), of a number that is none of a person's ("your policy number"), of the
company's public line ("call our helpline"), of this very chat ("message me here"), or is a warning ("never share your
number"). Precision and recall on the corpus of the tests are stated in docs/way-back.md; what is held is for people.
"""

import re

from bowchat_masking.canonical import canonicalise

_GAP = r"[\s,.*_~'\"’-]{1,3}"
_SOME = r"(?:[^\s]{1,20}\s){0,2}?"
_NUMBER = (
    r"(?:(?:phone|mobile|mob|cell(?:phone)?|contact|whats\s?app|wa|telephone|tel|personal|private|direct|own|alternate|other|home|"
    r"office|best|active|current|working|registered|insta(?:gram)?|telegram|email|e-mail|mail|good|actual|real)\s){0,3}"
    r"(?:numbers?\b|nos?\b\.?|num\b|nbr\b|nmbr\b|digits\b|mobile\b|cell\b|phone\b(?!\s?(?:claim|insurance|cover|screen|damage|policy|model|imei))|"
    r"contacts?\b|whats\s?app|telegram|insta(?:gram)?|e-?mail(?:\sid|\saddress)?|mail\sid|handle|username|snap(?:chat)?|"
    r"upi(?:\sid)?)(?!\s?(?:plate|on\sthe\s(?:bill|invoice|policy|card)|of\s(?:the\s)?(?:policy|claim|car|vehicle|days|people|family|"
    r"members|passengers|nominees|visits)))"
)
_PUBLIC = (
    r"(?:our|the|your\snearest|their|any|nearest|an?)?\s?(?:24\s?x?/?\s?7\s)?(?:toll[\s-]?free|help\s?-?line|help\s?desk|"
    r"customer\s?(?:care|service|support)|call\scent(?:re|er)|emergency|roadside|ambulance|police|hospital|garage|workshop|"
    r"surveyor|network|dealer|branch|fire|bank|tpa|agent's)"
)
_ME = r"(?:me|us|him|her|our\s(?:agent|executive|team|advisor|adviser|manager|guy|rep)|my\s(?:colleague|manager|boss|team|agent))\b"
_HERE = r"(?!.{0,40}\b(?:here|in\sth(?:is|e)\s(?:chat|thread|app|conversation)|on\sth(?:is|e)\s(?:chat|thread|app)|through\sth(?:is|e)\s(?:chat|app))\b)"
_CHAT_VERB = r"(?:message|msg|text|write(?:\sto)?|ping|reach|contact)"
_CALL_VERB = (
    r"(?:call|cal|kall|ring|phone|buzz|dm|pm|inbox|whats\s?app|watsapp|wats\s?app|sms|e-?mail|mail|dial|facetime|video\s?call|"
    r"miss(?:ed)?\s?call|telegram)"
)
_ENGLISH = (
    rf"\b{_CALL_VERB}{_GAP}(?:to\s)?{_ME}(?!\s(?:a\sliar|crazy|old|names))",
    rf"\b{_CHAT_VERB}{_GAP}{_ME}{_HERE}(?=.{{0,40}}\b(?:on|at|via|direct(?:ly)?|outside|private(?:ly)?|personal(?:ly)?|by\sphone)\b)",
    rf"\b(?:drop|shoot|send)\s{_ME}\s(?:a|an)\s(?:line|text|dm|sms|whats\s?app|mail|e-?mail|missed\scall|personal\s\w{{1,10}})\b{_HERE}",
    rf"\b(?:give|gimme|drop)\s?(?:{_ME})?\s?(?:an?\s)?(?:quick\s)?(?:missed\s)?(?:call|ring|buzz|shout|bell|tinkle)\b(?!\sto\s{_PUBLIC})",
    r"\bhit\s(?:me|us)\sup\b|\b(?:add|find|follow)\s(?:me|us)\son\s(?!th(?:is|e)\s(?:chat|app|claim|policy))|\bslide\sinto\b",
    r"\b(?:phone|mobile|contact|whats\s?app)\s(?:number|no|num)\s(?:for|of)\s(?:you|yours|u)\b",
    rf"\b(?:{_CALL_VERB}|{_CHAT_VERB}|add|find|follow)\s(?:me|us)\s(?:there|over\sthere)\b",
    r"\bconnect\s(?:with\s)?(?:me|us)\s(?:on|over|via|directly|outside)\b",
    rf"\b(?:reach|contact)\s(?:out\sto\s)?{_ME}\s(?:on|at|directly|personally|privately|any\s?time|outside)\b{_HERE}",
    rf"\b(?:what|wat|wht|which)(?:'?s|’s|\sis|\swas)?\s(?:the\s)?(?:your|ur|yr|yo)\s{_NUMBER}",
    rf"\b(?:send|share|give|gimme|provide|drop|tell|text|type|post|leave|need|want|have|get|take|confirm|update|forward|pass|dm|ping|"
    rf"know|note|write|enter|(?:reply|revert|respond|come\sback)\swith|mention|let\sme\shave|ask(?:ing)?\sfor)\s{_SOME}(?:your|ur|yr)\s{_NUMBER}",
    rf"(?:^|[.!?,]\s?|\b(?:and|hi|hello|dear|sir|madam|ok|please|pls|plz|kindly)\s)(?:your|ur|yr)\s{_NUMBER}\s?(?:please|pls|plz|\?|$)",
    r"\b(?:phone|mobile|cell|contact|whats\s?app)\s(?:number|no|num)\.?\s?(?:please|pls|plz|\?)",
    rf"\bmy\s(?!(?:phone|mobile|cell|contacts?)(?!\s?(?:number|no|num)\b)){_NUMBER}|\bmy\s(?:direct|personal|private)\s(?:line|extension|contact)",
    r"\b(?:can|may|could|shall|should|will|do|did|to)\s(?:i|we|he|she)\s(?:please\s|just\s|quickly\s)?(?:call|ring|phone|whats\s?app|"
    r"text|e-?mail|mail|dial|video\s?call)\s(?:you|u|ya)\b(?!\s(?:mr|mrs|ms|sir|madam))",
    r"\b(?:i|we|he|she|they|agent|executive|manager|colleague|advisor|adviser|expert|team)(?:'?ll|’ll|\swill|\swould\slike\sto|'?d\slike\sto|"
    r"\swant\sto|\sneed\sto|\scan|\sam\sgoing\sto|'?m\sgoing\sto|\sshall|\smay)\s(?:just\s|also\s|try\sto\s|personally\s)?"
    r"(?:call|ring|phone|whats\s?app|text|e-?mail|mail|dial)\s(?:you|u|ya)\b",
    r"\b(?:which|what|best)\s(?:number|no|time\sand\snumber)\b.{0,25}\b(?:call|reach|ring|contact)\s(?:you|u)\b",
    r"\b(?:how|where|when|what\stime)\s(?:can|do|could|should|may)\s(?:i|we)\s(?:reach|call|ring|contact|phone)\s(?:you|u)\b",
    r"\b(?:hop|jump|get|go)\son\s(?:an?\s|the\s)?(?:quick\s|short\s|video\s|zoom\s|phone\s)?(?:call|phone|zoom|meet)\b",
    r"\b(?:talk|speak|chat|discuss|explain|continue|connect|settle|deal|text|message|write|move)\b(?!\sto\s(?:our|the))[^.?!]{0,30}\b(?:(?:on|over|by|via)\s"
    r"(?:the\s|a\s)?(?:phone|call|whats\s?app|telegram|signal|insta(?:gram)?|zoom|e-?mail|another\sapp|my\s\w{1,12})|privately|in\sprivate|"
    r"off\sth(?:e|is)\s\w{1,10}|outside|off-?line)\b",
    r"\boutside\s(?:of\s)?(?:this|the)\s(?:app|chat|platform|system|portal)\b|\boff\s(?:this|the)\s(?:app|chat|platform|record|books)\b",
    r"\b(?:take|move)\s(?:this|it|things)\s(?:offline|off-?line|elsewhere|private|to\s(?:whats\s?app|telegram|e-?mail|phone|a\scall|dm))",
    r"\bdirect(?:ly)?\s(?:with|to|through|from)\s(?:me|us)\b(?=.{0,40}\b(?:discount|cheaper|instead|without|not\sthrough|save|deal|next\stime|renew)\b)",
    r"\b(?:renew|buy|deal|pay|book)\s(?:\w{1,12}\s){0,3}direct(?:ly)?\s(?:with|to|through|from)\s(?:me|us)\b",
    r"\b(?:skip|bypass|without|avoid|cut\sout|leave\sout)\s(?:the\s)?(?:middle\s?man|middlemen|aggregator|broker|relay|platform)\b",
    r"\bcall\s?back\s(?:on|at)\s(?:this|my|the\sbelow|our)\b(?!\s(?:toll|help|customer))|\b(?:save|note(?:\sdown)?|keep)\s(?:my|this)\s(?:number|no|contact)\b",
    r"\bcall\s(?:on|at)\s(?:this|my|the\s(?:below|following|above))\s(?:number|no|mobile)\b|\bcall\s?@",
)  # fmt: skip

_RN = r"(?:(?:phone|fon|mobile|mob|whats\s?app|watsapp|contact|personal|dusra|wala)\s){0,2}(?:number|numbar|nambar|no\.?|num|nmbr|mobile|whats\s?app|email|mail\sid|insta)\b"
_DO = r"(?:k(?:a)?ro+|kar(?:e|en|o|na|iye|ein|do|\sdo|\sdijiye|\sdena|\slo|\slena)?|kijiye|kijiyega|kariyega|krdo|krna|kr\sdo|kr|krke|maro|mar\sdo|lagao|laga\sdo|lagaiye|bhejo|bhejiye)"
_ROMAN = (
    rf"\b(?:mujhe|muje|mujhko|mereko|mere\sko|humein|hume|hamein|humko|hamko)\s{_SOME}(?:call|kall|phone|fon|ring|msg|message|whats\s?app|dm|text|missed\scall|mail|email)\s{_DO}(?!.{{0,15}}\byah(?:a|i)n?)\b",
    rf"\b(?:call|kall|phone|fon|ring|msg|message|whats\s?app|dm|text)\s{_DO}\s(?:mujhe|muje|mujhko|mereko|humein|hume|hamein|humko)\b",
    r"\b(?:mujhe|muje|mereko|humein|hume)\s(?:\w{1,10}\s){0,2}miss(?:ed)?\s?call\b",
    rf"\b(?:mera|mere|meri|hamara\spersonal)\s(?!policy|claim|employee|agent\scode){_RN}",
    rf"\b(?:aapka|apka|aap\ska|apna|apne|tumhara|tera|ap\ska)\s{_RN}.{{0,12}}\b(?:kya|do|dijiye|dijie|dede|de\sdo|de|den|dein|bhej\w{{0,4}}|bata\w{{0,5}}|share|send|dena|chahiye|mil\s?sakta|likh\w{{0,4}}|batana|hai)\b(?!\s(?:galat|linked|registered))",
    r"\b(?:phone|mobile|whats\s?app|contact)\s(?:number|no|num)\s(?:do|dijiye|dedo|de\sdo|bhejo|batao|bataiye|share\skar\w{0,3}|kya\shai)\b",
    r"\b(?:aapko|apko|aap\sko|tumhe|tumko)\s(?:\w{1,12}\s){0,2}(?:call|phone|whats\s?app|msg|message|ring)\s(?:kar|kr)\w{0,6}\b(?!.{0,20}\byah(?:a|i)n?)",
    r"\b(?:call|phone|whats\s?app)\s(?:kar|kr)\w{0,6}\s(?:aapko|apko|tumhe|aap\sko)\b|\b(?:call|phone)\s(?:kar|kr)\s(?:sakt[ai]\s?h|lu|loon|lun)",
    r"\b(?:phone|call|fon|whats\s?app|telegram)\s(?:pe|par|pr)\s(?:hi\s)?(?:\w{1,10}\s)?(?:baat|bat|baate|batein|baatein|aa|aao|aaiye|msg|message)\b",
    r"\b(?:is|iss|mere|niche\sdiye|neeche\sdiye)\s(?:number|no|num|nambar)\s(?:pe|par|pr)\s(?:call|phone|msg|message|whats\s?app|baat|sampark)\b",
    r"\b(?:app|platform|chat)\s(?:ke\s|se\s)?(?:bahar|baahar)\b|\b(?:seedhe|sidhe|direct)\s(?:mujhse|mujse|humse|hamse|mere)\s\w{1,12}",
)  # fmt: skip

_HC = r"(?:कॉल|काॅल|काल|फोन|फ़ोन|रिंग|मैसेज|मेसेज|मिस्ड\sकॉल|व्हाट्सएप|व्हाट्सऐप|वॉट्सऐप|वाट्सएप|ईमेल|मेल)"
_HN = r"(?:(?:फोन|फ़ोन|मोबाइल|व्हाट्सएप|व्हाट्सऐप|संपर्क|कॉन्टैक्ट|निजी|पर्सनल|दूसरा)\s){0,2}(?:नंबर|नम्बर|नं\.?|व्हाट्सएप|ईमेल|मोबाइल)"
_HINDI = (
    rf"(?:मुझे|मुझको|हमें|हमको|मेरे\sको)\s(?:[^\s]{{1,12}}\s){{0,2}}?{_HC}\s?(?:कर|करें|करो|कीजिए|कीजिये|करिए|करना|मारो|लगाओ|भेज)(?!.{{0,15}}यह(?:ीं|ाँ|ां))",
    rf"{_HC}\s?(?:कर[^\s]{{0,5}}|कीजिए|मारो|लगाओ)\s(?:[^\s]{{1,8}}\s)?(?:मुझे|मुझको|हमें)",
    rf"(?:मेरा|मेरे|मेरी)\s{_HN}",
    rf"(?:आपका|आपके|अपना|अपने|तुम्हारा|तेरा)\s{_HN}.{{0,14}}(?:क्या|दें|दो|दे\s|दीजिए|दीजिये|देना|भेज|बता|शेयर|साझा|चाहिए|लिख|मिल)",
    rf"(?:आपको|तुम्हें)\s(?:[^\s]{{1,12}}\s){{0,2}}?{_HC}\s?(?:कर|करूँ|करूं)",
    r"(?:फोन|फ़ोन|कॉल|व्हाट्सएप|व्हाट्सऐप)\sपर\s(?:ही\s)?(?:[^\s]{1,10}\s)?(?:बात|आइए|आओ|मैसेज|संपर्क)",
    rf"(?:इस|मेरे|नीचे\sदिए)\s(?:नंबर|नम्बर)\sपर\s(?:{_HC}|बात|संपर्क)|(?:ऐप|चैट|प्लेटफॉर्म)\s(?:के|से)\sबाहर|सीधे\sमुझसे",
    r"(?:फोन|मोबाइल|व्हाट्सएप|संपर्क)\s(?:नंबर|नम्बर)\s(?:दें|दो|दीजिए|भेज|बता|शेयर|साझा)",
)  # fmt: skip

_SN = r"(?:n[uú]mero|num|nro\.?|tel[eé]fono|m[oó]vil|celular|whats\s?app|correo|e-?mail|instagram|contacto)"
_SOF = r"(?!\s(?:de\s)?(?:la\s)?(?:p[oó]liza|siniestro|expediente|matr[ií]cula|referencia|parte|reclamaci[oó]n|cuenta|bastidor|factura|cliente|asegurad[oa]|contrato|seguro))"
_SPANISH = (
    r"\b(?:ll[aá]m[ea](?:me|nos)|llamen?me|m[aá]rque?(?:me|nos)|m[aá]rcame|telefon[eé]ame|d[eé]me\suna\sllamada|dame\sun\s(?:toque|telefonazo))\b",
    r"\b(?:escr[ií]b[ea](?:me|nos)|mand[ae](?:me|nos)|m[aá]nd[ae]me|env[ií][ae](?:me|nos)|cont[aá]ct[ea](?:me|nos))\b(?=.{0,30}\b(?:whats\s?app|wasap|correo|e-?mail|sms|privado|telegram|instagram|directamente|m[oó]vil|tel[eé]fono|fuera))(?!.{0,30}\bpor\saqu[ií]\b)",
    r"\bme\s(?:escribes?|mandas?|contactas?|llamas?)\b(?=.{0,20}\b(?:whats\s?app|wasap|correo|telegram|m[oó]vil|tel[eé]fono|n[uú]mero)\b)",
    rf"\bmi\s{_SN}{_SOF}(?!\sde\s(?:empleado|agente))",
    rf"\b(?:cu[aá]l\ses|cu[aá]les\sson|d[aeé]me|p[aá]s[ae]me|env[ií][ae]me|m[aá]nd[ae]me|me\s(?:das|da|pasas?|env[ií]as?|compartes?|dejas?|dice|dices|facilita|puede\sdar|puedes\sdar|podr[ií]a\sdar)|"
    rf"comparta?e?|facil[ií]t[ea]me|ind[ií]qu?[eé]me|necesito|d[eé]j[ae]me|dime|d[ií]game|confirme|quiero)\s(?:tu|su|el|un)s?\s(?:n[uú]mero\sde\s)?{_SN}{_SOF}",
    r"\b(?:te|le|os|los)\s(?:llamo|llamar[eé]|llamaremos|llamamos|voy\sa\sllamar|vamos\sa\sllamar|marco|escribo\spor\swhats\s?app|puedo\sllamar)\b",
    r"\b(?:puedo|podemos|podr[ií]a|quiero|queremos)\s(?:llamar|telefonear|marcar)(?:te|le|los)\b",
    r"\b(?:hablamos|hablemos|hablar|seguimos|sigamos|lo\svemos|continuamos)\b[^.?!]{0,25}\b(?:por\s(?:tel[eé]fono|whats\s?app|privado|telegram|correo)|fuera\sde|en\sprivado)\b",
    r"\bfuera\sde\s(?:esta?|la)\s(?:app|aplicaci[oó]n|chat|plataforma)\b|\b(?:agr[eé]g[ae]me|a[nñ][aá]d[ae]me|s[ií]gueme)\b|\bsin\s(?:el\s)?intermediarios?\b",
)  # fmt: skip

_PHRASES = re.compile("|".join(f"(?:{each})" for each in (*_ENGLISH, *_ROMAN, *_HINDI, *_SPANISH)))
_WARNING = re.compile(
    r"(?:\b(?:never|not|without|no\sneed\sto|cannot|nobody|no\sone|nunca|no|mat|kabhi)|n['’]t|मत|कभी|\bन)"
    r"(?!\s(?:hesitate|forget|only|just|wait|worry|doubt|problem|time|olvide|dude|se\spreocupe))(?:\s[^\s.!?,]{1,14}){0,3}\s?$"
)
_WARNED_AFTER = re.compile(r"^[^.!?]{0,25}?(?:\bnahi\b|\bnahin\b|\bmat\b|\bna\s(?:de|kar|bata)|नहीं|मत\b)")
_FORBIDS = re.compile(r"\b(?:mat|nahi|nahin)\b|मत\s|नहीं")
_SPELLED = re.compile(r"(?<!\w)\w(?:[\s.*_-]\w(?!\w)){3,40}")
_SPACE = re.compile(r"\s+")


def solicits(text: str) -> bool:
    """Whether the text asks for contact outside the relay. Linear in the text."""
    folded = _SPACE.sub(" ", canonicalise(text).text.casefold()).strip()
    readings = {folded, _SPELLED.sub(_joined, folded)}
    return any(_asks(each) for each in readings)


def _asks(text: str) -> bool:
    for match in _PHRASES.finditer(text):
        before, after = text[max(0, match.start() - 80) : match.start()], text[match.end() : match.end() + 40]
        if not (_WARNING.search(before) or _WARNED_AFTER.search(after) or _FORBIDS.search(match[0])):
            return True
    return False


def _joined(match: re.Match[str]) -> str:
    """Words spelled out letter by letter, read as words: two spaces part them, but those are one by now."""
    return "".join(filter(str.isalnum, match[0])).replace("callme", "call me").replace("ringme", "ring me")
