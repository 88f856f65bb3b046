"""Words that the shop's people and things are made of. Domains, numbers and addresses are reserved ones."""

from __future__ import annotations

FIRST_NAMES = (
    ("Anna", "anna"), ("James", "james"), ("Maria", "maria"), ("Wei", "wei"), ("Olivia", "olivia"), ("Noah", "noah"),
    ("José", "jose"), ("Zoë", "zoe"), ("Søren", "soren"), ("Łukasz", "lukasz"), ("Chloé", "chloe"), ("Björn", "bjorn"),
    ("Олена", "olena"), ("Дмитро", "dmytro"), ("美咲", "misaki"), ("伟", "wei"), ("지우", "jiwoo"),
    ("محمد", "mohammed"), ("שרה", "sara"), ("प्रिया", "priya"), ("Δημήτρης", "dimitris"), ("Siobhán", "siobhan"),
    ("Renée", "renee"), ("Nguyên", "nguyen"),
    ("Emma", "emma"), ("Liam", "liam"), ("Ava", "ava"), ("Lucas", "lucas"), ("Mia", "mia"),
    ("Ethan", "ethan"), ("Sofia", "sofia"), ("Daniel", "daniel"), ("Grace", "grace"), ("Samuel", "samuel"),
    ("Ines", "ines"), ("Omar", "omar"), ("Aisha", "aisha"), ("Tom", "tom"), ("Yusuf", "yusuf"),
    ("Mary-Jane", "mary-jane"),
)  # fmt: skip
LAST_NAMES = (
    ("Smith", "smith"), ("García", "garcia"), ("O'Brien", "obrien"), ("Müller", "mueller"), ("Kowalski", "kowalski"),
    ("Nguyễn", "nguyen"), ("Tanaka", "tanaka"), ("李", "li"), ("Шевченко", "shevchenko"), ("Rossi", "rossi"),
    ("Dubois", "dubois"), ("van den Berg", "vandenberg"), ("Åkesson", "akesson"), ("Öztürk", "ozturk"), ("김", "kim"),
    ("Silva", "silva"), ("Haddad", "haddad"), ("Cohen", "cohen"), ("Sharma", "sharma"),
    ("Papadopoulos", "papadopoulos"),
    ("Johnson", "johnson"), ("Brown", "brown"), ("Novák", "novak"), ("Ivanova", "ivanova"), ("Okafor", "okafor"),
    ("Mbeki", "mbeki"), ("Larsen", "larsen"), ("Fernández", "fernandez"), ("D'Angelo", "dangelo"), ("Wójcik", "wojcik"),
    ("Schmidt", "schmidt"), ("Moreau", "moreau"), ("Chen", "chen"), ("Ali", "ali"), ("Jones", "jones"), ("Lee", "lee"),
    ("Costa", "costa"), ("Weber", "weber"), ("Popescu", "popescu"), ("Gruber", "gruber"),
)  # fmt: skip
MAIL_DOMAINS = ("example.com", "example.org", "example.net", "mail.example.com", "post.example.org")
INVALID_EMAILS = ("n/a", "none", "anna.example.com", "missing@", "@example.com", "a b@example.com", "x@@example.com")
GARBAGE_PHONES = ("n/a", "unknown", "call me", "0", "--", "12345", "+", "see notes", "☎", "000000000000000000000")

TENANT_WORDS = (
    "Alder", "Birch", "Cedar", "Dune", "Ember", "Fjord", "Grove", "Harbour", "Isle", "Juniper", "Kestrel", "Larch",
    "Meadow", "Nettle", "Orchard", "Pebble", "Quarry", "Ridge", "Saffron", "Tern",
)  # fmt: skip
TENANT_KINDS = ("Outdoor", "Home", "Books", "Foods", "Tools")

CATEGORIES = (
    "Electronics", "Home & Garden", "Books", "Clothing", "Sports", "Toys", "Health & Beauty", "Kitchen", "Grocery",
    "Office",
)  # fmt: skip
ODD_CATEGORIES = (
    " electronics", "HOME & GARDEN", "books ", "clothing", "SPORTS", " Toys ", "health  &  beauty", "kitchen/",
    "grocery", "Office ",
)  # fmt: skip
ADJECTIVES = ("Compact", "Classic", "Smart", "Sturdy", "Light", "Foldable", "Organic", "Wireless", "Mini", "Grand")
NOUNS = ("Lamp", "Kettle", "Notebook", "Jacket", "Racket", "Puzzle", "Brush", "Pan", "Coffee", "Stapler")
COLORS = ("red", "green", "blue", "black", "white", "sand", "grün", "紺")
MATERIALS = ("steel", "oak", "cotton", "glass", "recycled")

SOURCES = ('"web"', '"app"', '"store"', '"import"', '"partner"', "null")
LANGUAGES = ("en", "de", "fr", "es", "pt-BR", "zh-CN", "uk")
TAGS = ("", '"vip"', '"wholesale"', '"vip", "newsletter"', '"newsletter"')

NOTES = (
    "Please leave at the door.", "Gift wrap, please", "Ring twice", "Call before delivery: +1 555 010 9999",
    "ASAP!!!", "Second floor,\nleft door", "No rush :)", 'Engrave "Für Oma"', "Tab\there", "C:\\orders\\42",
    "🎁 für 美咲",
    "NULL", "\\N", "",
)  # fmt: skip

USER_AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 Version/17.5 Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
    "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36",
    "ShopApp/4.2 (iOS 17.5)", "ShopApp/4.1 (Android 14)", "curl/8.5.0",
)  # fmt: skip
REFERRERS = ("search", "mail", "direct", "social", "partner")
PAGES = ("/", "/sale", "/new", "/about", "/category/books", "/category/garden", "/search?q=lamp", "/account")
BROKEN_JSON = (
    '{"page": "/sale", "ref": "se', "", "undefined", "[object Object]", '{"page": "/",, "ref": "mail"}',
    '{"product_id": }', '{"page": "/new"', "{page}",
)  # fmt: skip

PLANS = ("basic", "plus", "pro", "team")
PLAN_CENTS = (900, 2900, 7900, 19900)
