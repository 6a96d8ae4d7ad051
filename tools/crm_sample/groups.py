"""The business behind the sample: who buys what, when, where and in which campaign.

Everything here is a table of constants; `generator` draws from it. A behaviour group
is visible in the records only through what its customers do.
"""

from dataclasses import dataclass
from datetime import date

FIRST_DAY = date(2024, 1, 1)
LAST_DAY = date(2025, 12, 31)


@dataclass(frozen=True)
class BehaviourGroup:
    """How the customers of one group register, buy, visit and review.

    Attributes
    ----------
        name: name of the group; never written to a raw table.
        customers: number of customers in the plant.
        registered: first and last day of the ordinary registrations.
        late_share: share of customers who register late instead.
        late_registered: first and last day of the late registrations.
        order_months: months of the year in which a customer usually orders; empty for
            groups that do not buy.
        order_day: mean day of the month of these orders.
        order_day_spread: standard deviation of that day.
        skip_share: mean share of these months without an order.
        extra_order_rate: further orders per month, at any time.
        minimum_orders: least number of orders of a customer of the group.
        stops_between: first and last day on which buying may stop; None for never.
        one_order_share: share of customers with exactly one small order, for groups
            without order months.
        lines_per_order: mean number of lines of an order.
        quantity_two_share: share of lines with two pieces instead of one.
        preferred_categories: categories bought three times as often as the others.
        ordering_visit_share: share of orders with a recorded visit on the same day.
        visits_per_month: further visits, per month of activity.
        review_share: share of orders that are reviewed.
        rating_mean: mean rating before rounding to 1 to 5.
        return_share: share of orders followed by a return of goods.
        age_mean: mean age in years.
        income_median: median yearly income.
        channel_weights: weights of the channels web, app and store.
    """

    name: str
    customers: int
    registered: tuple[date, date]
    late_share: float
    late_registered: tuple[date, date]
    order_months: tuple[int, ...]
    order_day: float
    order_day_spread: float
    skip_share: float
    extra_order_rate: float
    minimum_orders: int
    stops_between: tuple[date, date] | None
    one_order_share: float
    lines_per_order: float
    quantity_two_share: float
    preferred_categories: tuple[str, ...]
    ordering_visit_share: float
    visits_per_month: float
    review_share: float
    rating_mean: float
    return_share: float
    age_mean: float
    income_median: float
    channel_weights: tuple[float, float, float]


EVERY_MONTH = tuple(range(1, 13))

GROUPS = (
    BehaviourGroup(
        name="loyal",
        customers=400,
        registered=(date(2024, 1, 1), date(2024, 9, 30)),
        late_share=0.05,
        late_registered=(date(2024, 10, 1), date(2025, 2, 28)),
        order_months=EVERY_MONTH,
        order_day=15.0,
        order_day_spread=5.0,
        skip_share=0.12,
        extra_order_rate=0.15,
        minimum_orders=8,
        stops_between=None,
        one_order_share=0.0,
        lines_per_order=2.4,
        quantity_two_share=0.25,
        preferred_categories=("electronics", "home textiles"),
        ordering_visit_share=0.35,
        visits_per_month=0.35,
        review_share=0.26,
        rating_mean=4.4,
        return_share=0.04,
        age_mean=47.0,
        income_median=52000.0,
        channel_weights=(0.40, 0.45, 0.15),
    ),
    BehaviourGroup(
        name="seasonal",
        customers=540,
        registered=(date(2024, 1, 1), date(2024, 12, 31)),
        late_share=0.06,
        late_registered=(date(2025, 1, 1), date(2025, 4, 30)),
        order_months=(2, 5, 8, 11),
        order_day=14.0,
        order_day_spread=13.0,
        skip_share=0.03,
        extra_order_rate=0.01,
        minimum_orders=2,
        stops_between=None,
        one_order_share=0.0,
        lines_per_order=1.6,
        quantity_two_share=0.15,
        preferred_categories=("kitchen", "garden"),
        ordering_visit_share=0.40,
        visits_per_month=0.30,
        review_share=0.28,
        rating_mean=4.0,
        return_share=0.04,
        age_mean=43.0,
        income_median=43000.0,
        channel_weights=(0.50, 0.20, 0.30),
    ),
    BehaviourGroup(
        name="lapsed",
        customers=500,
        registered=(date(2024, 1, 1), date(2024, 5, 31)),
        late_share=0.0,
        late_registered=(date(2024, 6, 1), date(2024, 6, 30)),
        order_months=EVERY_MONTH,
        order_day=15.0,
        order_day_spread=8.0,
        skip_share=0.5,
        extra_order_rate=0.05,
        minimum_orders=3,
        stops_between=(date(2024, 7, 1), date(2024, 12, 10)),
        one_order_share=0.0,
        lines_per_order=1.6,
        quantity_two_share=0.15,
        preferred_categories=("toys", "sports"),
        ordering_visit_share=0.40,
        visits_per_month=0.15,
        review_share=0.28,
        rating_mean=3.1,
        return_share=0.07,
        age_mean=39.0,
        income_median=39000.0,
        channel_weights=(0.45, 0.15, 0.40),
    ),
    BehaviourGroup(
        name="browsing",
        customers=480,
        registered=(date(2024, 1, 1), date(2025, 3, 31)),
        late_share=0.10,
        late_registered=(date(2025, 4, 1), date(2025, 11, 30)),
        order_months=(),
        order_day=0.0,
        order_day_spread=0.0,
        skip_share=0.0,
        extra_order_rate=0.0,
        minimum_orders=0,
        stops_between=None,
        one_order_share=0.015,
        lines_per_order=1.0,
        quantity_two_share=0.0,
        preferred_categories=("books", "beauty"),
        ordering_visit_share=1.0,
        visits_per_month=0.6,
        review_share=0.20,
        rating_mean=3.6,
        return_share=0.0,
        age_mean=34.0,
        income_median=36000.0,
        channel_weights=(0.35, 0.60, 0.05),
    ),
)

#: Customers outside the groups: never active, without email and birth date.
SILENT_CUSTOMERS = 30
#: Customers known only from the flat summary file.
SUMMARY_ONLY_CUSTOMERS = 20
#: Customers with both activity and a summary.
SUMMARY_ALSO_CUSTOMERS = 40
#: Customers who ask to be erased; all but the last by customer_id, the last by email.
ERASED_CUSTOMERS = 3
#: People who registered twice.
DUPLICATE_PEOPLE = 20


@dataclass(frozen=True)
class Campaign:
    """A campaign: its customers, dates, cost and effect.

    Attributes
    ----------
        campaign_id: identifier in the raw tables.
        contacted_on: day of all its contacts.
        contacts: number of contacts by group.
        has_control: whether half of each group is a control that gets nothing.
        conversion_shares: share of each group that converts by itself.
        uplift: additional share of treated customers who convert, by group.
        cost: cost of a contact that is not a control, in hundredths.
    """

    campaign_id: str
    contacted_on: date
    contacts: dict[str, int]
    has_control: bool
    conversion_shares: dict[str, float]
    uplift: dict[str, float]
    cost: int


def _everyone(contacts: int) -> dict[str, int]:
    return {group.name: contacts for group in GROUPS}


_USUAL_SHARES = {"loyal": 0.20, "seasonal": 0.06, "lapsed": 0.02, "browsing": 0.0}

CAMPAIGNS = (
    Campaign(
        "spring-2024", date(2024, 5, 14), _everyone(140), False, _USUAL_SHARES, {}, 85
    ),
    Campaign(
        "autumn-2024", date(2024, 9, 24), _everyone(150), True, _USUAL_SHARES, {}, 85
    ),
    Campaign(
        "winter-2024", date(2024, 11, 26), _everyone(160), False, _USUAL_SHARES, {}, 85
    ),
    Campaign(
        "spring-2025", date(2025, 3, 18), _everyone(170), False, _USUAL_SHARES, {}, 90
    ),
    Campaign(
        "return-2025",
        date(2025, 7, 20),
        _everyone(300) | {"lapsed": 400},
        True,
        _USUAL_SHARES,
        {"lapsed": 0.30},
        120,
    ),
    Campaign(
        "winter-2025", date(2025, 11, 18), _everyone(200), True, _USUAL_SHARES, {}, 95
    ),
)

#: Days after a contact within which an order counts as its conversion.
CONVERSION_DAYS = 14
#: Share of won-back customers who go on buying like seasonal ones.
STAYS_AFTER_RETURN_SHARE = 0.3

#: Share of the buyers of a month who order a second time before the holidays.
HOLIDAY_ORDER_SHARES = {11: 0.25, 12: 0.35}

CHANNELS = ("web", "app", "store")

PLACES = {
    "Germany": (0.36, "49", ("Hamburg", "Leipzig", "Dresden", "Bremen")),
    "France": (0.22, "33", ("Toulouse", "Nantes", "Rennes")),
    "Netherlands": (0.16, "31", ("Utrecht", "Groningen", "Eindhoven")),
    "Spain": (0.14, "34", ("Valencia", "Bilbao", "Zaragoza")),
    "Austria": (0.12, "43", ("Graz", "Salzburg", "Linz")),
}

#: Category, then its products with their list price in hundredths.
PRODUCTS = {
    "electronics": {
        "Bluetooth Speaker": 5990,
        "Desk Lamp": 3450,
        "Wireless Mouse": 2495,
        "Power Bank": 2990,
        "Noise Cancelling Headphones": 11900,
        "Digital Alarm Clock": 1995,
        "Webcam": 4900,
        "Charging Cable": 995,
    },
    "home textiles": {
        "Linen Duvet Cover": 8900,
        "Wool Blanket": 6950,
        "Bath Towel Set": 3990,
        "Cotton Bed Sheet": 2990,
        "Velvet Cushion": 1850,
        "Blackout Curtain": 4500,
        "Table Runner": 1590,
        "Bath Mat": 1450,
    },
    "kitchen": {
        "Cast Iron Pan": 4490,
        "Chef Knife": 3990,
        "Enamel Saucepan": 3290,
        "Mixing Bowl Set": 2450,
        "Wooden Spoon Set": 1290,
        "Salad Spinner": 1990,
        "Coffee Press": 2790,
        "Kitchen Scale": 2190,
    },
    "garden": {
        "Pruning Shears": 2490,
        "Watering Can": 1790,
        "Terracotta Planter": 2250,
        "Herb Seed Box": 1190,
        "Folding Chair": 4290,
        "Bird Feeder": 1690,
        "Solar Lantern": 1990,
    },
    "toys": {
        "Building Blocks": 2990,
        "Wooden Train": 3490,
        "Puzzle 500 Pieces": 1490,
        "Plush Bear": 1990,
        "Memory Game": 1290,
        "Kite": 1850,
        "Modelling Clay": 990,
    },
    "sports": {
        "Yoga Mat": 2990,
        "Skipping Rope": 1190,
        "Resistance Bands": 1690,
        "Foam Roller": 2290,
        "Hiking Poles": 4990,
        "Swim Goggles": 1490,
        "Water Bottle": 1590,
    },
    "books": {
        "Atlas of Islands": 2890,
        "Bread Baking Handbook": 2490,
        "Crime Novel": 1190,
        "Picture Book": 1390,
        "Travel Guide": 1690,
        "Crossword Collection": 890,
        "Poetry Anthology": 1290,
    },
    "beauty": {
        "Hand Cream": 890,
        "Shower Oil": 1090,
        "Shaving Brush": 1990,
        "Bath Salts": 1290,
        "Face Serum": 2690,
        "Lip Balm": 590,
        "Nail Care Set": 1590,
        "Soap Bar": 690,
    },
}

# Names have at least five letters and are no word of the other tables, so that a
# search for them in published tables finds nothing else.
_FIRST_NAMES = """
    Adriana Alberto Aleksander Alessia Amandine Anneliese Annika Anselm Antonia
    Aurelie Bastian Beatriz Benedikt Bernadette Birgitta Camille Carlotta Caspar
    Cecilia Clemens Corentin Cornelia Cosima Damian Delphine Dietmar Dorothea Eduardo
    Eleonora Elodie Emmanuel Esteban Eugenia Fabienne Federico Felicitas Ferdinand
    Florian Franziska Frederik Gabriele Genevieve Gerrit Ghislaine Gonzalo Gregor
    Guillaume Gustavo Hadrien Hannelore Heinrich Hendrika Hortense Ignacio Ingeborg
    Isabella Jacqueline Jasmijn Joaquin Johanna Joris Josephine Katharina Klaas
    Konstantin Laetitia Leandro Leonie Liesbeth Lorenzo Ludovic Magdalena Manfred
    Marcela Margaux Mathilde Maurits Mechthild Miriam Nathalie Nikolaus Ottilie Pascale
    Patricio Philippa Quentin Rafaela Raimund Roderick Rosalind Sandrine Sebastian
    Sigrid Solenne Stefania Thaddeus Theodora Thijmen Ulrike Valentin Veronika Wendelin
    Wilhelmina Xaviera Yannick Yolanda Zacharias
"""
FIRST_NAMES = tuple(_FIRST_NAMES.split())
_LAST_NAMES = """
    Aldenhoff Alcantara Altmeyer Archambault Aumont Bachmann Baekeland Balaguer
    Barrientos Beauchamp Beckenbauer Bellamy Benavides Bergkamp Bernhardt Blanchard
    Boisvert Bongaerts Brandsma Breitner Brinkhuis Caballero Cabrera Castellanos
    Chastain Chevalier Cloutier Coppens Cordero Courtois Czerny Dahlmann Delacroix
    Delgado Desjardins Diekmann Dijkstra Dombrowski Dubois Eberhardt Echeverria
    Eichendorff Engelhardt Escobar Esterhazy Etxeberria Falkenrath Faucher Feldkamp
    Fontaine Fournier Friedrichs Fuentes Gallardo Garnier Gasthuis Gerhardt Giraud
    Goldschmidt Gonzales Grillparzer Groeneveld Grosjean Guerrero Haverkamp Heemskerk
    Heidenreich Hellinga Herrera Hilgersom Hofstetter Hoogendoorn Huberty Ibarra
    Immerzeel Iturbide Jacobsen Jansens Jaramillo Joubert Kaltenbach Kavelaars Kerkhof
    Kirchner Klinkenberg Koopmans Kowalczyk Kreuzer Lachapelle Langenscheidt Larrea
    Lefebvre Leitgeb Lindqvist Lombard Maertens Malaparte Marchetti Meierhofer Mendoza
    Mertens Michaud Montoya Morgenstern Mulligan Navarrete Neuhauser Nieuwenhuis
    Noordhoek Oberlander Ocampo Oosterhuis Pacheco Paquette Pelletier Pfeiffer Pichler
    Poelmans Quintana Raaijmakers Rademacher Rechberger Renaudin Rijnders Rousseau
    Saavedra Schaepman Schellekens Schimmelpfennig Seyfried Steenbergen Sternberg
    Terwilliger Thibault Trautmann Uhlenbeck Urrutia Vandenberg Vasquez Vermeulen
    Villanueva Wachtmeister Weidenfeld Westerhof Wiesinger Winkelmann Yturralde
    Zamorano Zeilinger Zuiderveld
"""
LAST_NAMES = tuple(_LAST_NAMES.split())
EMAIL_DOMAINS = ("example.com", "example.org", "example.net")
