"""Generate the sample: a clean business first, its raw text next, the dirt last."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from crm_sample.dirt import add_dirt
from crm_sample.groups import (
    CAMPAIGNS,
    CHANNELS,
    CONVERSION_DAYS,
    EMAIL_DOMAINS,
    ERASED_CUSTOMERS,
    FIRST_DAY,
    FIRST_NAMES,
    GROUPS,
    HOLIDAY_ORDER_SHARES,
    LAST_DAY,
    LAST_NAMES,
    PLACES,
    PRODUCTS,
    SILENT_CUSTOMERS,
    STAYS_AFTER_RETURN_SHARE,
    SUMMARY_ALSO_CUSTOMERS,
    SUMMARY_ONLY_CUSTOMERS,
    BehaviourGroup,
    Campaign,
)

DEFAULT_RANDOM_STATE = 20260101

COLUMNS = {
    "customers": [
        "customer_id",
        "first_name",
        "last_name",
        "email",
        "phone",
        "birth_date",
        "age",
        "gender",
        "income",
        "city",
        "country",
        "registered_at",
        "updated_at",
        "has_marketing_consent",
    ],
    "orders": ["order_id", "customer_id", "ordered_at", "amount", "status", "channel"],
    "order_items": ["order_id", "line_number", "product_id", "quantity", "unit_price"],
    "products": ["product_id", "product_name", "category"],
    "visits": ["visit_id", "customer_id", "visited_at", "channel", "has_converted"],
    "reviews": ["review_id", "customer_id", "order_id", "rating", "reviewed_at"],
    "campaign_contacts": [
        "contact_id",
        "customer_id",
        "campaign_id",
        "contacted_at",
        "is_control",
        "has_converted",
        "cost",
    ],
    "customer_summaries": [
        "customer_id",
        "observed_on",
        "total_purchase",
        "total_order",
        "total_visit",
        "satisfaction",
        "loyalty",
        "conversion_rate",
        "lifetime_value",
        "recency_days",
    ],
    "erasure_requests": ["customer_id", "email", "requested_at"],
}

#: First letter of the keys that are numbered here.
KEY_LETTERS = {"orders": "O", "visits": "V", "reviews": "R", "campaign_contacts": "C"}
#: Share of key numbers left free, for records that are planted later.
SPARE_KEY_SHARE = 0.03

CANCELLED_SHARE = 0.03
NEGATIVE_RETURN_SHARE = 0.3
ZERO_AMOUNT_SHARE = 0.004
WITHOUT_LINES_SHARE = 0.15
EMPTY_AMOUNT_SHARE = 0.03
EMPTY_STATUS_SHARE = 0.03
KNOWN_CONVERSION_SHARE = 0.8
SUMMARY_DAY = date(2025, 9, 30)


@dataclass(frozen=True)
class Plant:
    """What was planted in the sample and must be found again.

    Attributes
    ----------
        groups: customer_id, group; one row per real customer of a behaviour group.
        dirt: entity, record_key, column_name, raw_value, issue, action; one row per
            expected row of `data_quality_issues`, null where a field does not apply.
        campaign_uplift: group, campaign_id, uplift; one row per group and campaign
            with a control group, uplift as a difference of conversion shares.
        moves: customer_id, from_group, to_group, moved_on; won-back customers, who
            behave like another group than their own from moved_on.
        customers: customer_id, registered_at; the real customers of the groups.
        orders: customer_id, ordered_at, amount, status; their orders without dirt,
            under the id that survives merging, amounts filled and signed as in the
            records (a returned order is positive).
        date_orders: entity, column_name, date_order; columns with slashed dates.
    """

    groups: pd.DataFrame
    dirt: pd.DataFrame
    campaign_uplift: pd.DataFrame
    moves: pd.DataFrame
    customers: pd.DataFrame
    orders: pd.DataFrame
    date_orders: pd.DataFrame


@dataclass(frozen=True)
class CrmSample:
    """Raw tables (all text, an absent value is an empty text) and their plant."""

    tables: dict[str, pd.DataFrame]
    plant: Plant


@dataclass(frozen=True)
class Customer:
    """A customer before any text: identity and behaviour."""

    customer_id: str
    registered_at: datetime
    group: BehaviourGroup | None
    is_erased: bool = False


@dataclass(frozen=True)
class Line:
    """A line of an order; unit_price in hundredths."""

    product_id: str
    quantity: int
    unit_price: int

    @property
    def amount(self) -> int:
        """Quantity times unit price, in hundredths."""
        return self.quantity * self.unit_price


@dataclass(frozen=True)
class Order:
    """An order, a cancelled order or a return; amount in hundredths."""

    customer_id: str
    ordered_at: datetime
    amount: int
    status: str
    channel: str
    lines: tuple[Line, ...] = ()

    @property
    def is_purchase(self) -> bool:
        """Whether the order counts as one: completed and no return."""
        return self.status == "completed" and self.amount >= 0


@dataclass(frozen=True)
class Contact:
    """A contact of a campaign; cost in hundredths."""

    customer_id: str
    campaign_id: str
    contacted_at: datetime
    is_control: bool
    has_converted: bool
    cost: int


@dataclass(frozen=True)
class Move:
    """A customer who behaves like another group from a day on."""

    customer_id: str
    from_group: str
    to_group: str
    moved_on: date


def generate_sample(random_state: int = DEFAULT_RANDOM_STATE) -> CrmSample:
    """Generate the raw tables and what is planted in them.

    Args:
        random_state: seed; the same seed gives the same sample.

    Returns
    -------
        The sample; its last record is dated 2025-12-31.
    """
    streams = np.random.default_rng(random_state).spawn(10)
    customers = draw_customers(streams[0])
    orders = draw_orders(streams[1], customers)
    contacts, moves, won_back = draw_campaigns(streams[2], customers, orders)
    orders = sorted(
        [*orders, *won_back], key=lambda order: (order.ordered_at, order.customer_id)
    )
    visits = draw_visits(streams[3], customers, orders)
    clean_orders = orders_as_text(streams[4], orders)
    tables = {
        "customers": customers_as_text(streams[5], customers),
        "orders": clean_orders,
        "order_items": order_items_as_text(orders, clean_orders),
        "products": products_as_text(),
        "visits": visits_as_text(streams[6], visits),
        "reviews": draw_reviews(streams[7], customers, orders, clean_orders),
        "campaign_contacts": contacts_as_text(contacts),
    }
    tables["customer_summaries"] = draw_summaries(
        streams[8], customers, orders, visits, tables["reviews"]
    )
    tables["erasure_requests"] = erasure_requests(customers, tables["customers"])
    erased = [customer.customer_id for customer in customers if customer.is_erased]
    silent = [customer.customer_id for customer in customers if customer.group is None]
    dirty = add_dirt(streams[9], tables, protected_customers=[*erased, *silent])
    members = {
        customer.customer_id: customer.group.name
        for customer in sorted(customers, key=lambda customer: customer.customer_id)
        if customer.group is not None and not customer.is_erased
    }
    plant = Plant(
        groups=pd.DataFrame(
            {"customer_id": list(members), "group": list(members.values())}
        ),
        dirt=dirty.dirt,
        campaign_uplift=planted_uplift(),
        moves=pd.DataFrame(moves, columns=list(Move.__annotations__)),
        customers=pd.DataFrame(
            [
                (customer.customer_id, customer.registered_at)
                for customer in customers
                if customer.customer_id in members
            ],
            columns=["customer_id", "registered_at"],
        ),
        orders=pd.DataFrame(
            [
                (order.customer_id, order.ordered_at, order.amount / 100, order.status)
                for order in orders
                if order.customer_id in members
            ],
            columns=["customer_id", "ordered_at", "amount", "status"],
        ),
        date_orders=pd.DataFrame(
            [
                ("orders", "ordered_at", "day_first"),
                ("customers", "registered_at", "month_first"),
            ],
            columns=["entity", "column_name", "date_order"],
        ),
    )
    ordered = {name: dirty.tables[name][columns] for name, columns in COLUMNS.items()}
    return CrmSample(tables=ordered, plant=plant)


def write_sample(sample: CrmSample, output_directory: Path) -> list[Path]:
    """Write every table as `raw_<table>.csv` and return the paths."""
    output_directory.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, table in sample.tables.items():
        path = output_directory / f"raw_{name}.csv"
        path.write_text(table_as_csv(table), encoding="utf-8", newline="\n")
        paths.append(path)
    return paths


def table_as_csv(table: pd.DataFrame) -> str:
    """Return a raw table as CSV text with LF line ends."""
    return table.to_csv(index=False, lineterminator="\n")


def planted_uplift() -> pd.DataFrame:
    """Return the uplift of every group in every campaign with a control group."""
    return pd.DataFrame(
        [
            (group.name, campaign.campaign_id, campaign.uplift.get(group.name, 0.0))
            for campaign in CAMPAIGNS
            if campaign.has_control
            for group in GROUPS
        ],
        columns=["group", "campaign_id", "uplift"],
    )


# ---------------------------------------------------------------- who and when


def draw_customers(random: np.random.Generator) -> list[Customer]:
    """Draw ids, registrations and groups; ids say nothing about groups."""
    slots: list[tuple[BehaviourGroup | None, bool]] = [
        (group, False) for group in GROUPS for _ in range(group.customers)
    ]
    slots += [(GROUPS[1], True)] * ERASED_CUSTOMERS
    slots += [(None, False)] * (SILENT_CUSTOMERS + SUMMARY_ONLY_CUSTOMERS)
    numbers = random.choice(np.arange(100_000, 104_000), len(slots), replace=False)
    customers = []
    for number, (group, is_erased) in zip(numbers, slots, strict=True):
        first, last = (FIRST_DAY, date(2025, 6, 30))
        if group is not None:
            is_late = random.random() < group.late_share
            first, last = group.late_registered if is_late else group.registered
        registered_at = draw_moment(random, draw_day(random, first, last))
        customers.append(Customer(str(number), registered_at, group, is_erased))
    return customers


def draw_day(random: np.random.Generator, first: date, last: date) -> date:
    """Draw a day between two days, both included."""
    return first + timedelta(days=int(random.integers((last - first).days + 1)))


def draw_moment(random: np.random.Generator, day: date) -> datetime:
    """Draw a moment between 08:00 and 22:00 of a day."""
    seconds = int(random.integers(8 * 3600, 22 * 3600))
    return datetime.combine(day, time()) + timedelta(seconds=seconds)


def draw_order_days(
    random: np.random.Generator,
    group: BehaviourGroup,
    first: date,
    last: date,
) -> list[date]:
    """Draw the days from first to last on which a customer orders, in order.

    Most orders are placed around the group's day of its months, some at any time,
    and some come twice before the holidays.
    """
    skip_share = float(random.beta(4 * group.skip_share, 4 * (1 - group.skip_share)))
    months = [
        date(year, month, 1)
        for year in range(FIRST_DAY.year, LAST_DAY.year + 1)
        for month in group.order_months
    ]
    days = []
    for month in months:
        if random.random() < skip_share:
            continue
        offset = group.order_day + group.order_day_spread * random.standard_normal()
        days.append(month + timedelta(days=round(offset) - 1))
        if random.random() < HOLIDAY_ORDER_SHARES.get(month.month, 0.0):
            days.append(month + timedelta(days=int(random.integers(24))))
    extra_orders = random.poisson(group.extra_order_rate * (last - first).days / 30.4)
    days += [draw_day(random, first, last) for _ in range(int(extra_orders))]
    return sorted(day for day in days if first <= day <= last)


def draw_lines(random: np.random.Generator, group: BehaviourGroup) -> tuple[Line, ...]:
    """Draw the lines of an order; a product comes once at most."""
    catalogue = [
        (f"P{number:03d}", category, price)
        for number, (category, price) in enumerate(
            (
                (category, price)
                for category, products in PRODUCTS.items()
                for price in products.values()
            ),
            start=1,
        )
    ]
    weights = np.array(
        [
            3.0 if category in group.preferred_categories else 1.0
            for _, category, _ in catalogue
        ]
    )
    count = min(1 + int(random.poisson(group.lines_per_order - 1)), 6)
    chosen = random.choice(
        len(catalogue), count, replace=False, p=weights / weights.sum()
    )
    return tuple(
        Line(
            product_id=catalogue[index][0],
            quantity=2 if random.random() < group.quantity_two_share else 1,
            unit_price=catalogue[index][2],
        )
        for index in sorted(int(index) for index in chosen)
    )


def draw_purchase(
    random: np.random.Generator, customer_id: str, group: BehaviourGroup, day: date
) -> Order:
    """Draw one completed order of a day."""
    lines = draw_lines(random, group)
    amount = sum(line.amount for line in lines)
    if random.random() < ZERO_AMOUNT_SHARE:
        amount, lines = 0, ()
    elif random.random() < WITHOUT_LINES_SHARE:
        lines = ()
    channel = str(random.choice(CHANNELS, p=group.channel_weights))
    moment = draw_moment(random, day)
    return Order(customer_id, moment, amount, "completed", channel, lines)


def draw_orders(
    random: np.random.Generator, customers: Sequence[Customer]
) -> list[Order]:
    """Draw the orders of all customers, with cancelled orders and returns."""
    orders = []
    for customer in customers:
        if customer.group is None:
            continue
        for day in draw_customer_days(random, customer):
            order = draw_purchase(random, customer.customer_id, customer.group, day)
            orders.append(order)
            orders += draw_side_records(random, customer.group, order)
    return orders


def draw_customer_days(random: np.random.Generator, customer: Customer) -> list[date]:
    """Draw the order days of a customer, as many as the group has at least."""
    group = customer.group
    first = customer.registered_at.date() + timedelta(days=1)
    if group is None or not group.order_months:
        buys_once = group is not None and random.random() < group.one_order_share
        return [draw_day(random, first, LAST_DAY)] if buys_once else []
    while True:
        last = (
            LAST_DAY
            if group.stops_between is None
            else draw_day(random, *group.stops_between)
        )
        days = draw_order_days(random, group, first, last)
        if len(days) >= group.minimum_orders:
            return days


def draw_side_records(
    random: np.random.Generator, group: BehaviourGroup, order: Order
) -> list[Order]:
    """Draw what may come with an order: one cancelled before, a return after."""
    records = []
    if random.random() < CANCELLED_SHARE:
        lines = draw_lines(random, group)
        records.append(
            Order(
                customer_id=order.customer_id,
                ordered_at=order.ordered_at - timedelta(minutes=20),
                amount=sum(line.amount for line in lines),
                status="cancelled",
                channel=order.channel,
                lines=lines,
            )
        )
    if order.lines and random.random() < group.return_share:
        moment = draw_moment(
            random, order.ordered_at.date() + timedelta(int(random.integers(3, 20)))
        )
        is_negative = random.random() < NEGATIVE_RETURN_SHARE
        amount = order.lines[0].unit_price
        if moment.date() <= LAST_DAY:
            records.append(
                Order(
                    customer_id=order.customer_id,
                    ordered_at=moment,
                    amount=-amount if is_negative else amount,
                    status="completed" if is_negative else "returned",
                    channel=order.channel,
                )
            )
    return records


# ---------------------------------------------------------------- campaigns


def draw_campaigns(
    random: np.random.Generator,
    customers: Sequence[Customer],
    orders: Sequence[Order],
) -> tuple[list[Contact], list[Move], list[Order]]:
    """Draw all contacts, the customers they win back and these customers' orders.

    A conversion is an order within `CONVERSION_DAYS` of the contact. Both arms of a
    controlled campaign convert by themselves in equal number, so that the planted
    uplift is exact; converted customers of a group with an uplift are won back.
    """
    purchase_days: dict[str, set[date]] = defaultdict(set)
    for order in orders:
        if order.is_purchase:
            purchase_days[order.customer_id].add(order.ordered_at.date())
    contacts: list[Contact] = []
    moves: list[Move] = []
    won_back: list[Order] = []
    for campaign in CAMPAIGNS:
        for group in GROUPS:
            arms = draw_arms(random, campaign, group, customers)
            if group.name in campaign.uplift:
                converted = choose_won_back(random, campaign, group, arms)
                for customer in converted:
                    days = draw_return_days(random, campaign)
                    moves.append(
                        Move(customer.customer_id, group.name, "seasonal", days[0])
                    )
                    won_back += [
                        draw_purchase(random, customer.customer_id, group, day)
                        for day in days
                    ]
                    purchase_days[customer.customer_id].update(days)
            else:
                converted = choose_converted(
                    random, campaign, group, arms, purchase_days
                )
            converted_ids = {customer.customer_id for customer in converted}
            contacts += [
                Contact(
                    customer_id=customer.customer_id,
                    campaign_id=campaign.campaign_id,
                    contacted_at=draw_moment(random, campaign.contacted_on),
                    is_control=is_control,
                    has_converted=customer.customer_id in converted_ids,
                    cost=0 if is_control else campaign.cost,
                )
                for is_control, arm in arms.items()
                for customer in arm
            ]
    contacts.sort(key=lambda contact: (contact.contacted_at, contact.customer_id))
    return contacts, sorted(moves, key=lambda move: move.customer_id), won_back


def draw_arms(
    random: np.random.Generator,
    campaign: Campaign,
    group: BehaviourGroup,
    customers: Sequence[Customer],
) -> dict[bool, list[Customer]]:
    """Draw the contacted customers of a group: treated (False), control (True)."""
    candidates = [
        customer
        for customer in customers
        if customer.group == group
        and not customer.is_erased
        and customer.registered_at.date() < campaign.contacted_on - timedelta(days=15)
    ]
    count = min(campaign.contacts[group.name], len(candidates))
    count -= count % 2
    chosen = [
        candidates[int(index)]
        for index in random.choice(len(candidates), count, replace=False)
    ]
    if not campaign.has_control:
        return {False: chosen}
    return {False: chosen[: count // 2], True: chosen[count // 2 :]}


def choose_won_back(
    random: np.random.Generator,
    campaign: Campaign,
    group: BehaviourGroup,
    arms: dict[bool, list[Customer]],
) -> list[Customer]:
    """Choose who comes back: the usual share of each arm, the uplift of the treated."""
    converted = []
    for is_control, arm in arms.items():
        share = campaign.conversion_shares[group.name]
        share += 0.0 if is_control else campaign.uplift[group.name]
        chosen = random.choice(len(arm), round(share * len(arm)), replace=False)
        converted += [arm[int(index)] for index in chosen]
    return converted


def choose_converted(
    random: np.random.Generator,
    campaign: Campaign,
    group: BehaviourGroup,
    arms: dict[bool, list[Customer]],
    purchase_days: dict[str, set[date]],
) -> list[Customer]:
    """Choose equally many of each arm among those who order soon after anyway."""
    window = [
        campaign.contacted_on + timedelta(days=days)
        for days in range(1, CONVERSION_DAYS + 1)
    ]
    buyers = [
        [
            customer
            for customer in arm
            if not purchase_days[customer.customer_id].isdisjoint(window)
        ]
        for arm in arms.values()
    ]
    share = campaign.conversion_shares[group.name]
    count = min(
        round(share * len(next(iter(arms.values())))),
        *(len(arm_buyers) for arm_buyers in buyers),
    )
    return [
        arm_buyers[int(index)]
        for arm_buyers in buyers
        for index in random.choice(len(arm_buyers), count, replace=False)
    ]


def draw_return_days(random: np.random.Generator, campaign: Campaign) -> list[date]:
    """Draw the order days of a customer who was won back by a campaign."""
    first = campaign.contacted_on + timedelta(
        days=int(random.integers(1, CONVERSION_DAYS + 1))
    )
    if random.random() >= STAYS_AFTER_RETURN_SHARE:
        return [first]
    second = first + timedelta(days=int(random.integers(50, 90)))
    return [first, second]


# ---------------------------------------------------------------- visits, reviews


@dataclass(frozen=True)
class Visit:
    """A visit and whether the customer bought on its day."""

    customer_id: str
    visited_at: datetime
    channel: str
    has_converted: bool


def draw_visits(
    random: np.random.Generator,
    customers: Sequence[Customer],
    orders: Sequence[Order],
) -> list[Visit]:
    """Draw visits: some just before an order, the others spread over the months."""
    by_customer = purchases_by_customer(orders)
    visits = []
    for customer in customers:
        group = customer.group
        if group is None:
            continue
        purchases = by_customer[customer.customer_id]
        moments = [
            order.ordered_at - timedelta(minutes=int(random.integers(2, 40)))
            for order in purchases
            if random.random() < group.ordering_visit_share
        ]
        first = customer.registered_at.date() + timedelta(days=1)
        rate = group.visits_per_month * math.exp(0.4 * random.standard_normal())
        count = int(random.poisson(rate * (LAST_DAY - first).days / 30.4))
        moments += [
            draw_moment(random, draw_day(random, first, LAST_DAY)) for _ in range(count)
        ]
        purchase_days = {order.ordered_at.date() for order in purchases}
        visits += [
            Visit(
                customer_id=customer.customer_id,
                visited_at=moment,
                channel=str(random.choice(CHANNELS, p=group.channel_weights)),
                has_converted=moment.date() in purchase_days,
            )
            for moment in moments
        ]
    return sorted(visits, key=lambda visit: (visit.visited_at, visit.customer_id))


def draw_reviews(
    random: np.random.Generator,
    customers: Sequence[Customer],
    orders: Sequence[Order],
    order_table: pd.DataFrame,
) -> pd.DataFrame:
    """Draw the reviews table: one review of some orders, a few without the order."""
    groups = {customer.customer_id: customer.group for customer in customers}
    rows = []
    for order_id, order in zip(order_table["order_id"], orders, strict=True):
        group = groups[order.customer_id]
        if group is None or not order.is_purchase:
            continue
        reviewed_on = order.ordered_at.date() + timedelta(int(random.integers(2, 21)))
        if random.random() >= group.review_share or reviewed_on > LAST_DAY:
            continue
        rating = group.rating_mean + 0.9 * random.standard_normal()
        rows.append(
            {
                "customer_id": order.customer_id,
                "order_id": "" if random.random() < 0.05 else order_id,
                "rating": str(min(max(round(rating), 1), 5)),
                "reviewed_at": moment_as_text(draw_moment(random, reviewed_on)),
            }
        )
    rows.sort(key=lambda row: (row["reviewed_at"], row["customer_id"]))
    return with_keys(pd.DataFrame(rows), "reviews", "review_id")


def purchases_by_customer(orders: Iterable[Order]) -> dict[str, list[Order]]:
    """Group the completed orders that are no returns by customer."""
    by_customer: dict[str, list[Order]] = defaultdict(list)
    for order in orders:
        if order.is_purchase:
            by_customer[order.customer_id].append(order)
    return by_customer


# ---------------------------------------------------------------- summaries, erasure


def draw_summaries(
    random: np.random.Generator,
    customers: Sequence[Customer],
    orders: Sequence[Order],
    visits: Sequence[Visit],
    reviews: pd.DataFrame,
) -> pd.DataFrame:
    """Draw the flat file: customers known only from it, and some with activity."""
    only = [customer for customer in customers if customer.group is None]
    active = [
        customer
        for customer in customers
        if customer.group is not None
        and customer.group.order_months
        and not customer.is_erased
        and customer.registered_at.date() < date(2025, 1, 1)
    ]
    chosen = random.choice(len(active), SUMMARY_ALSO_CUSTOMERS, replace=False)
    rows = [
        made_up_summary(random, customer) for customer in only[:SUMMARY_ONLY_CUSTOMERS]
    ]
    rows += [
        true_summary(active[int(index)], orders, visits, reviews) for index in chosen
    ]
    rows.sort(key=lambda row: row["customer_id"])
    return pd.DataFrame(rows, columns=COLUMNS["customer_summaries"])


def made_up_summary(random: np.random.Generator, customer: Customer) -> dict[str, str]:
    """Draw the summary of a customer without recorded activity."""
    total_order = int(random.integers(3, 8))
    total_purchase = total_order * int(random.integers(2500, 5500))
    total_visit = total_order + int(random.integers(2, 12))
    return {
        "customer_id": customer.customer_id,
        "observed_on": SUMMARY_DAY.isoformat(),
        "total_purchase": money_as_text(total_purchase),
        "total_order": str(total_order),
        "total_visit": str(total_visit),
        "satisfaction": f"{int(random.integers(6, 11)) / 2:.1f}",
        "loyalty": f"{int(random.integers(10, 60)) / 100:.2f}",
        "conversion_rate": f"{total_order / total_visit:.2f}",
        "lifetime_value": money_as_text(total_purchase * 2),
        "recency_days": str(int(random.integers(20, 90))),
    }


def true_summary(
    customer: Customer,
    orders: Sequence[Order],
    visits: Sequence[Visit],
    reviews: pd.DataFrame,
) -> dict[str, str]:
    """Compute the summary of a customer from the records up to `SUMMARY_DAY`."""
    own = [
        order
        for order in orders
        if order.customer_id == customer.customer_id
        and order.ordered_at.date() <= SUMMARY_DAY
    ]
    purchases = [order for order in own if order.is_purchase]
    returned = [
        abs(order.amount)
        for order in own
        if order.status == "returned" or order.amount < 0
    ]
    seen = [
        visit.has_converted
        for visit in visits
        if visit.customer_id == customer.customer_id
        and visit.visited_at.date() <= SUMMARY_DAY
    ]
    is_own_review = (reviews["customer_id"] == customer.customer_id) & (
        reviews["reviewed_at"] <= SUMMARY_DAY.isoformat()
    )
    ratings = [int(rating) for rating in reviews.loc[is_own_review, "rating"]]
    total = sum(order.amount for order in purchases) - sum(returned)
    first, last = purchases[0].ordered_at, purchases[-1].ordered_at
    first_month, end_month = 12 * first.year + first.month, 12 * 2025 + 9
    months = {12 * order.ordered_at.year + order.ordered_at.month for order in own}
    later_months = max(end_month - first_month, 1)
    loyalty = len(months - {first_month}) / later_months
    return {
        "customer_id": customer.customer_id,
        "observed_on": SUMMARY_DAY.isoformat(),
        "total_purchase": money_as_text(total),
        "total_order": str(len(purchases)),
        "total_visit": str(len(seen)),
        "satisfaction": f"{sum(ratings) / len(ratings):.2f}" if ratings else "",
        "loyalty": f"{min(loyalty, 1.0):.2f}",
        "conversion_rate": f"{sum(seen) / len(seen):.2f}" if seen else "",
        "lifetime_value": money_as_text(2 * max(total, 0)),
        "recency_days": str((SUMMARY_DAY - last.date()).days + 1),
    }


def erasure_requests(
    customers: Sequence[Customer], customer_table: pd.DataFrame
) -> pd.DataFrame:
    """Return the requests: by customer_id, the last one by email."""
    erased = [customer.customer_id for customer in customers if customer.is_erased]
    emails = dict(
        zip(customer_table["customer_id"], customer_table["email"], strict=True)
    )
    rows = [
        {
            "customer_id": "" if customer_id == erased[-1] else customer_id,
            "email": emails[customer_id] if customer_id == erased[-1] else "",
            "requested_at": f"2025-12-{10 + 3 * number:02d} 09:30:00",
        }
        for number, customer_id in enumerate(erased)
    ]
    return pd.DataFrame(rows, columns=COLUMNS["erasure_requests"])


# ---------------------------------------------------------------- raw text


def money_as_text(hundredths: int) -> str:
    """Write an amount with two decimals."""
    sign = "-" if hundredths < 0 else ""
    return f"{sign}{abs(hundredths) // 100}.{abs(hundredths) % 100:02d}"


def moment_as_text(moment: datetime) -> str:
    """Write a moment as `YYYY-MM-DD HH:MM:SS`."""
    return moment.isoformat(sep=" ")


def boolean_as_text(value: bool) -> str:
    """Write a boolean as `true` or `false`."""
    return "true" if value else "false"


def with_keys(table: pd.DataFrame, name: str, key: str) -> pd.DataFrame:
    """Give the records numbered keys, leaving evenly spread numbers free."""
    step = 1 + SPARE_KEY_SHARE
    numbers = [1 + math.floor(position * step) for position in range(len(table))]
    keys = [f"{KEY_LETTERS[name]}{number:06d}" for number in numbers]
    return table.assign(**{key: keys})[COLUMNS[name]]


def customers_as_text(
    random: np.random.Generator, customers: Sequence[Customer]
) -> pd.DataFrame:
    """Draw names, contact data and attributes; write the customers table."""
    countries = list(PLACES)
    country_weights = [share for share, _, _ in PLACES.values()]
    silent = [customer for customer in customers if customer.group is None]
    without_identity = {
        customer.customer_id for customer in silent[SUMMARY_ONLY_CUSTOMERS:]
    }
    email_numbers = random.permutation(np.arange(1000, 9999))
    rows = []
    for number, customer in enumerate(customers):
        group = customer.group
        first_name = str(random.choice(FIRST_NAMES))
        last_name = str(random.choice(LAST_NAMES))
        domain = str(random.choice(EMAIL_DOMAINS))
        email = f"{first_name}.{last_name}{email_numbers[number]}@{domain}".lower()
        age_mean = 42.0 if group is None else group.age_mean
        age = min(max(round(age_mean + 12.0 * random.standard_normal()), 18), 90)
        birth_date = date(2025 - age, 1, 1) + timedelta(int(random.integers(1, 360)))
        income_median = 42000.0 if group is None else group.income_median
        income = income_median * math.exp(0.3 * random.standard_normal())
        country = str(random.choice(countries, p=country_weights))
        _, dialling_code, cities = PLACES[country]
        phone = f"+{dialling_code}{random.integers(600_000_000, 799_999_999)}"
        gender = str(random.choice(["female", "male", "other"], p=[0.52, 0.45, 0.03]))
        updated_at = draw_moment(
            random, draw_day(random, customer.registered_at.date(), date(2025, 12, 30))
        )
        city = str(random.choice(cities))
        is_known = dict(
            zip(
                ("email", "phone", "birth_date", "age", "gender", "income", "consent"),
                random.random(7) < (0.96, 0.8, 0.78, 0.5, 0.94, 0.88, 0.97),
                strict=True,
            )
        )
        if customer.customer_id in without_identity:
            is_known |= {"email": False, "birth_date": False}
        if customer.is_erased:
            is_known |= {"email": True}
        has_consent = boolean_as_text(bool(random.random() < 0.6))
        rows.append(
            {
                "customer_id": customer.customer_id,
                "first_name": first_name,
                "last_name": last_name,
                "email": email if is_known["email"] else "",
                "phone": phone if is_known["phone"] else "",
                "birth_date": birth_date.isoformat() if is_known["birth_date"] else "",
                "age": str(age) if is_known["age"] else "",
                "gender": gender if is_known["gender"] else "",
                "income": str(100 * round(income / 100)) if is_known["income"] else "",
                "city": city,
                "country": country,
                "registered_at": moment_as_text(customer.registered_at),
                "updated_at": moment_as_text(max(updated_at, customer.registered_at)),
                "has_marketing_consent": has_consent if is_known["consent"] else "",
            }
        )
    table = pd.DataFrame(rows, columns=COLUMNS["customers"])
    return table.sort_values("customer_id", ignore_index=True)


def orders_as_text(
    random: np.random.Generator, orders: Sequence[Order]
) -> pd.DataFrame:
    """Write the orders table, in the order of `orders`."""
    rows = []
    for order in orders:
        is_amount_empty = bool(order.lines) and random.random() < EMPTY_AMOUNT_SHARE
        is_status_empty = order.is_purchase and random.random() < EMPTY_STATUS_SHARE
        rows.append(
            {
                "customer_id": order.customer_id,
                "ordered_at": moment_as_text(order.ordered_at),
                "amount": "" if is_amount_empty else money_as_text(order.amount),
                "status": "" if is_status_empty else order.status,
                "channel": order.channel,
            }
        )
    return with_keys(pd.DataFrame(rows), "orders", "order_id")


def order_items_as_text(
    orders: Sequence[Order], order_table: pd.DataFrame
) -> pd.DataFrame:
    """Write the order items table."""
    rows = [
        {
            "order_id": order_id,
            "line_number": str(line_number),
            "product_id": line.product_id,
            "quantity": str(line.quantity),
            "unit_price": money_as_text(line.unit_price),
        }
        for order_id, order in zip(order_table["order_id"], orders, strict=True)
        for line_number, line in enumerate(order.lines, start=1)
    ]
    return pd.DataFrame(rows, columns=COLUMNS["order_items"])


def products_as_text() -> pd.DataFrame:
    """Write the products table."""
    names = [
        (name, category) for category, products in PRODUCTS.items() for name in products
    ]
    return pd.DataFrame(
        [
            (f"P{number:03d}", name, category)
            for number, (name, category) in enumerate(names, start=1)
        ],
        columns=COLUMNS["products"],
    )


def visits_as_text(
    random: np.random.Generator, visits: Sequence[Visit]
) -> pd.DataFrame:
    """Write the visits table; the outcome of some visits is not recorded."""
    rows = [
        {
            "customer_id": visit.customer_id,
            "visited_at": moment_as_text(visit.visited_at),
            "channel": visit.channel,
            "has_converted": boolean_as_text(visit.has_converted)
            if random.random() < KNOWN_CONVERSION_SHARE
            else "",
        }
        for visit in visits
    ]
    return with_keys(pd.DataFrame(rows), "visits", "visit_id")


def contacts_as_text(contacts: Sequence[Contact]) -> pd.DataFrame:
    """Write the campaign contacts table."""
    rows = [
        {
            "customer_id": contact.customer_id,
            "campaign_id": contact.campaign_id,
            "contacted_at": moment_as_text(contact.contacted_at),
            "is_control": boolean_as_text(contact.is_control),
            "has_converted": boolean_as_text(contact.has_converted),
            "cost": money_as_text(contact.cost),
        }
        for contact in contacts
    ]
    return with_keys(pd.DataFrame(rows), "campaign_contacts", "contact_id")
