"""Invented people and support texts in many languages, always the same for the same random generator."""

# ruff: noqa: RUF001 - names and texts are written in their own scripts, which hold letters that look like others

import random
import unicodedata
from dataclasses import dataclass

LOCALES = ("nl-NL", "en-GB", "de-DE", "es-ES", "fr-FR", "ar-EG", "he-IL", "ja-JP", "ro-RO", "tr-TR", "pl-PL", "el-GR")
_WEIGHTS = (30, 22, 12, 7, 7, 5, 4, 4, 3, 2, 2, 2)

_FIRST = {
    "nl-NL": ("Fenna", "Joris", "Anouk", "Sjoerd", "Maud", "Thijs", "Renée", "Wietse"),
    "en-GB": ("Imogen", "Callum", "Harriet", "Rhys", "Niamh", "Dougal", "Priya", "Siobhán"),
    "de-DE": ("Jürgen", "Änne", "Mareike", "Götz", "Wiebke", "Torsten", "Yasemin", "Käthe"),
    "es-ES": ("Íñigo", "Begoña", "Nuria", "Álvaro", "Ximena", "Joaquín"),
    "fr-FR": ("Maëlle", "Loïc", "Anaïs", "Gaëtan", "Océane", "Hervé"),
    "ar-EG": ("ليلى", "كريم", "منى", "ياسر", "هدى", "طارق"),
    "he-IL": ("נועה", "איתי", "תמר", "יונתן", "שירה", "עומר"),
    "ja-JP": ("さくら", "健太", "美咲", "翔", "陽菜", "大輔"),
    "ro-RO": ("Ștefan", "Ioana", "Răzvan", "Anca", "Mihăiță", "Crina"),
    "tr-TR": ("Işıl", "Çağrı", "Gülşen", "Ömer"),
    "pl-PL": ("Łucja", "Wojciech", "Grażyna", "Zdzisław"),
    "el-GR": ("Ελένη", "Γιώργος", "Δέσποινα", "Νίκος"),
}
_LAST = {
    "nl-NL": ("van der Meulen", "Dijkstra", "'t Hart", "de Groot-Visser", "Terpstra", "Oosterhuis"),
    "en-GB": ("O'Rourke", "Fairweather", "Llewellyn", "Ashdown-Price", "McAllister", "Okafor"),
    "de-DE": ("Großmann", "Schäfer", "von der Heide", "Öztürk", "Köhler", "Weiß"),
    "es-ES": ("Núñez Arana", "Echeverría", "Peña", "del Olmo", "Ibáñez"),
    "fr-FR": ("Lefèvre", "d'Arcy", "Chaput", "Benoît-Roux", "Garçon"),
    "ar-EG": ("الشناوي", "منصور", "عبد الحميد", "فهمي"),
    "he-IL": ("לוי", "בן-דוד", "אברמוב", "שקד"),
    "ja-JP": ("佐藤", "高橋", "渡辺", "小林"),
    "ro-RO": ("Țiriac", "Drăgulescu", "Popa", "Șerban"),
    "tr-TR": ("Yıldız", "Şahin", "Güneş"),
    "pl-PL": ("Wiśniewska", "Żak", "Górski"),
    "el-GR": ("Παππάς", "Οικονόμου", "Ζαφειρίου"),
}
# Fiction ranges of the regulators: Ofcom (GB), NANPA 555-01xx (US), Arcep (FR), Bundesnetzagentur (DE), ACMA (AU).
_PHONES = (
    ("+447700900", 3),
    ("+1202555010", 1),
    ("+3363998", 4),
    ("+493023125", 3),
    ("+6125550", 4),
    ("+1416555019", 1),
)
_HOSTS = ("example.com", "example.org", "mail.example", "shop.example", "bureau.example", "post.example.net")

_SUBJECTS = {
    "nl-NL": (
        "Pakket nog niet ontvangen 📦",
        "Vraag over factuur & btw",
        "Retour <maat te klein>",
        "Re: Fwd: wachtwoord vergeten",
    ),
    "en-GB": (
        'Order says "delivered" but it isn\'t',
        "Refund & voucher",
        "Login loops <again>",
        "Upgrade to 50+ seats?",
    ),
    "de-DE": ("Rechnung fehlt – bitte erneut senden", "Größe falsch geliefert", "Kündigung zum Monatsende"),
    "es-ES": ("¿Dónde está mi pedido?", "Cobro duplicado en la tarjeta", "Cambio de dirección"),
    "fr-FR": ("Colis abîmé à l'arrivée", "Problème d'accès à l'espace client", "Échéance & facture"),
    "ar-EG": ("لم يصل الطلب بعد", "استفسار عن الفاتورة"),
    "he-IL": ("החבילה לא הגיעה", "שאלה לגבי החשבונית"),
    "ja-JP": ("注文した商品が届きません", "請求書について"),
    "ro-RO": ("Coletul nu a ajuns încă", "Întrebare despre factură"),
    "tr-TR": ("Siparişim gecikti mi?", "İade işlemi hakkında"),
    "pl-PL": ("Zgłoszenie reklamacji – brak części", "Pytanie o fakturę"),
    "el-GR": ("Καθυστέρηση παραγγελίας", "Ερώτηση για το τιμολόγιο"),
}
_MESSAGES = {
    "nl-NL": (
        'Goedemiddag,\n\nVolgens track & trace is mijn pakket "bezorgd", maar er ligt niets. 😕\n\nGroet',
        "Hoi! Kan de factuur op <bedrijfsnaam> gezet worden & graag met btw-nummer?",
        "De rits was binnen één dag stuk… wat nu?",
    ),
    "en-GB": (
        'Hi there,\n\nI was charged 2 x £19.99 & the app says "all good" 🤷\n\n> On Monday you wrote:\n> it is sorted',
        "Is a < 5 kg parcel cheaper than a > 5 kg one? I couldn't find it on the site.",
        "Still waiting. It's been 9 days 😡",
    ),
    "de-DE": (
        "Guten Tag,\n\nleider passt die Größe nicht & der Rücksendeschein fehlt.\n\nMit freundlichen Grüßen",
        'Die Meldung lautet „Zugriff verweigert" <Code 7>. Können Sie helfen?',
    ),
    "es-ES": (
        "Hola:\n\n¿me podéis decir cuándo sale el pedido? ¡Lleva una semana «en preparación»! 🙏",
        "Me cobraron 2 veces & nadie responde.",
    ),
    "fr-FR": (
        "Bonjour,\n\nLe colis est arrivé ouvert 😟\nJ'ai des photos si besoin.\n\nMerci d'avance",
        "Où trouver l'onglet « Factures » ? Je vois <vide> & rien d'autre.",
    ),
    "ar-EG": (
        "مرحبًا،\n\nطلبت المنتج قبل أسبوع ولم يصل حتى الآن. أرجو المساعدة 🙏",
        "هل يمكن إرسال الفاتورة & نسخة منها؟",
    ),
    "he-IL": ('שלום,\n\nההזמנה מסומנת "נמסרה" אבל לא קיבלתי כלום 😕', "אפשר לקבל חשבונית & קבלה?"),
    "ja-JP": (
        "お世話になっております。\n\n先週注文した商品がまだ届いていません。ご確認をお願いします🙇",
        "サイズ<M>を<L>に交換できますか?",
    ),
    "ro-RO": (
        "Bună ziua,\n\ncoletul figurează „livrat”, dar nu l-am primit. 🙁\n\nMulțumesc",
        "Se poate schimba adresa & data livrării?",
    ),
    "tr-TR": ("Merhaba,\n\nürün kırık geldi 😔 İade & değişim nasıl yapılır?",),
    "pl-PL": ("Dzień dobry,\n\nw paczce brakuje części <śruba M6> & instrukcji. 😕",),
    "el-GR": ("Καλησπέρα,\n\nη παραγγελία «παραδόθηκε», αλλά δεν ήρθε ποτέ 😕 & δεν απαντά κανείς.",),
}
_REPLIES = {
    "nl-NL": (
        "Beste klant,\n\nWat vervelend! We zoeken het uit & komen er vandaag op terug. 👍",
        "Is het opgelost na opnieuw inloggen?",
    ),
    "en-GB": (
        'Thanks for waiting!\n\nThe second charge is a "hold" & drops off within 3 days 🙂',
        "Could you send a photo of the label?",
    ),
    "de-DE": (
        "Hallo,\n\nder Rücksendeschein ist unterwegs & kommt per Mail. 📬",
        "Bitte nennen Sie uns die Bestellnummer <6 Ziffern>.",
    ),
    "es-ES": ("¡Hola! El pedido sale hoy & te llega el jueves 📦", "¿Nos confirmas la dirección?"),
    "fr-FR": ("Bonjour,\n\nNous renvoyons un colis dès demain & sans frais 🎁", "Pouvez-vous joindre une photo ?"),
    "ar-EG": ("شكرًا لتواصلك،\nسنعود إليك اليوم & نأسف على التأخير 🌷",),
    "he-IL": ("תודה על הפנייה!\nאנחנו בודקים & נחזור אליך היום 🙂",),
    "ja-JP": ("ご連絡ありがとうございます。\n本日中に確認いたします🙇",),
    "ro-RO": ("Mulțumim!\nVerificăm & revenim azi cu un răspuns 🙂",),
    "tr-TR": ("Teşekkürler!\nYeni ürünü bugün gönderiyoruz & kargo bizden 📦",),
    "pl-PL": ("Dziękujemy!\nWyślemy brakującą część jutro & bez opłat 📦",),
    "el-GR": ("Ευχαριστούμε!\nΘα το ελέγξουμε & θα σας απαντήσουμε σήμερα 🙂",),
}
_NOTES = (
    "Called the depot: parcel is at <dock 4>, will be rescanned.",
    "Klant is VIP & mag korting krijgen, overleg met finance.",
    'Says "never again" – handle with care 🙏\nSee the earlier case.',
    "@colleague can you check the payment log?",
    "Bitte bis Freitag nachfassen, sonst Gutschrift.",
)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody invented; ``phone`` is E.164 with ``+``, ``locale`` one of ``LOCALES``."""

    first_name: str
    last_name: str
    full_name: str
    email: str
    phone: str
    locale: str


def person(rng: random.Random, locale: str | None = None) -> Person:
    """Somebody new, of the given locale or a random one; mail address and phone lie in ranges reserved for examples."""
    locale = locale or rng.choices(LOCALES, _WEIGHTS)[0]
    first, last = rng.choice(_FIRST[locale]), rng.choice(_LAST[locale])
    full = f"{last} {first}" if locale == "ja-JP" else f"{first} {last}"
    return Person(first, last, full, _email(rng, first, last), _phone(rng), locale)


def subject(rng: random.Random, locale: str) -> str:
    """The subject of a request for support."""
    return rng.choice(_SUBJECTS[locale])


def message(rng: random.Random, locale: str) -> str:
    """What a customer writes."""
    return rng.choice(_MESSAGES[locale])


def reply(rng: random.Random, locale: str) -> str:
    """What an agent answers."""
    return rng.choice(_REPLIES[locale])


def note(rng: random.Random) -> str:
    """What an agent writes for colleagues only."""
    return rng.choice(_NOTES)


def _email(rng: random.Random, first: str, last: str) -> str:
    words = (_ascii(first), _ascii(last))
    local = ".".join(word for word in words if word) or "klant"
    return f"{local}.{rng.randrange(10, 9999)}@{rng.choice(_HOSTS)}"


def _ascii(word: str) -> str:
    plain = unicodedata.normalize("NFKD", word).encode("ascii", "ignore").decode().lower()
    return "".join(letter for letter in plain if letter.isalnum())


def _phone(rng: random.Random) -> str:
    prefix, digits = rng.choice(_PHONES)
    return prefix + "".join(str(rng.randrange(10)) for _ in range(digits))
