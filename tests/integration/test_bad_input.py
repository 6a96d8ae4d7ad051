"""Input that cannot work stops dbt at once, with one sentence that says why.

A build takes seconds to start, so every case of a sentence is asked of the macro that
makes it, all in one process; a few whole builds show that the sentence stops them.
"""

import json
import math
import re
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import duckdb
import pytest
import yaml
from conftest import PROJECT, RunDbt, Warehouse

RECENCY = {
    "name": "recency_days",
    "impute": "median",
    "cap_quantile": None,
    "transform": "log1p",
    "scale": "standard",
    "weight": 1,
}
WITHOUT_WEIGHT = {key: value for key, value in RECENCY.items() if key != "weight"}

# (case, var, value, what the sentence holds)
BAD_VARS: list[tuple[str, str, Any, str]] = [
    (
        "too_few_segments",
        "n_segments",
        1,
        "var n_segments is 1; expected a whole number from 2 to 50 or auto.",
    ),
    ("too_many_segments", "n_segments", 51, "is 51; expected a whole number"),
    ("number_as_text", "n_segments", "5", "is the text '5'; expected a whole"),
    ("fraction_of_a_segment", "n_segments", 4.5, "is 4.5; expected a whole number"),
    ("number_missing", "n_segments", None, "is null; expected a whole number"),
    ("flag_for_a_number", "random_state", True, "is true; expected a whole number"),
    (
        "flag_as_text",
        "refit",
        "true",
        "is the text 'true'; expected true, false or on_drift.",
    ),
    ("word_of_another_var", "n_segments", "on_drift", "'on_drift'; expected a whole"),
    (
        "range_upside_down",
        "k_range",
        [8, 3],
        "var k_range is [8, 3]; expected a list of two whole numbers, the least first, "
        "from 2 to 50.",
    ),
    ("range_of_one_number", "k_range", [3], "is [3]; expected a list of two whole"),
    ("range_of_three_numbers", "k_range", [3, 4, 5], "expected a list of two whole"),
    ("range_of_fractions", "k_range", [3, 4.5], "expected a list of two whole"),
    ("range_from_one", "k_range", [1, 8], "is [1, 8]; expected a list of two whole"),
    ("number_for_a_range", "k_range", 4, "is 4; expected a list of two whole"),
    ("similarity_of_nothing", "minimum_match_similarity", 0, "is 0; expected a number"),
    ("flag_as_number", "merge_duplicate_people", 1, "is 1; expected true or false."),
    (
        "segmentation_with_an_unknown_field",
        "segmentations",
        [{"name": "default"}, {"name": "rfm", "metod": "rfm_rules"}],
        "rfm in var segmentations has the field metod; expected only name, filter, "
        "features, method, n_segments, refit and version.",
    ),
    (
        "segmentation_named_twice",
        "segmentations",
        [{"name": "default"}, {"name": "rfm"}, {"name": "rfm"}],
        "var segmentations has rfm twice; expected it once.",
    ),
    (
        "segmentation_with_an_unknown_method",
        "segmentations",
        [{"name": "default"}, {"name": "rfm", "method": "rfm"}],
        "method of rfm in var segmentations is 'rfm'; expected one of kmeans, ",
    ),
    (
        "segmentation_with_one_segment",
        "segmentations",
        [{"name": "default"}, {"name": "one", "n_segments": 1}],
        "n_segments of one in var segmentations is 1; expected a whole number from 2",
    ),
    (
        "segmentation_without_a_name",
        "segmentations",
        [{"name": "default"}, {"method": "rfm_rules"}],
        "item 2 in var segmentations has no field name; expected a text.",
    ),
    ("no_segmentation", "segmentations", [], "is []; expected a list of at least one"),
    (
        "share_as_percent",
        "maximum_missing_share",
        20,
        "is 20; expected a number from 0 to 1.",
    ),
    ("not_a_number", "margin_rate", float("nan"), "is nan; expected a number"),
    ("infinity", "margin_rate", float("inf"), "is inf; expected a number"),
    (
        "limit_itself_excluded",
        "margin_rate",
        0,
        "is 0; expected a number above 0 and at most 1.",
    ),
    (
        "less_than_no_budget",
        "campaign_budget",
        -1,
        "is -1; expected a number from 0 to 10000000000.",
    ),
    (
        "number_that_is_not_offered",
        "confidence_level",
        0.975,
        "is 0.975; expected one of 0.8, 0.9, 0.95 or 0.99.",
    ),
    ("no_days", "outcome_window_days", 0, "is 0; expected a whole number from 1"),
    ("no_observation", "observation_count", 0, "is 0; expected a whole number"),
    ("negative_history", "minimum_history_days", -1, "is -1; expected a whole"),
    ("tiny_sample", "training_sample_rows", 10, "is 10; expected a whole number"),
    ("negative_seed", "random_state", -1, "is -1; expected a whole number from 0"),
    (
        "no_cell",
        "minimum_cell_size",
        0,
        "is 0; expected a whole number of at least 1.",
    ),
    ("none_reliable", "minimum_reliable_customers", 0, "is 0; expected a whole"),
    (
        "version_by_name",
        "segmentation_version",
        "latest",
        "is the text 'latest'; expected null or a whole number of at least 1.",
    ),
    (
        "unknown_method",
        "segmentation_method",
        "k-means",
        "'k-means'; expected one of kmeans,",
    ),
    (
        "day_that_does_not_exist",
        "as_of_date",
        "2023-02-29",
        "is '2023-02-29'; expected null or a date as yyyy-mm-dd from 1990-01-01 to ",
    ),
    ("date_in_another_form", "as_of_date", "31/01/2024", "is '31/01/2024'; expected"),
    ("date_with_a_time", "as_of_date", "2024-01-31 10:00", "expected null or a date"),
    ("date_far_ahead", "as_of_date", "2999-01-01", "is '2999-01-01'; expected"),
    ("date_long_gone", "as_of_date", "1989-12-31", "is '1989-12-31'; expected"),
    ("day_of_no_month", "observation_anchor", "2024-02-30", "is '2024-02-30'"),
    ("grid_of_nothing", "observation_anchor", None, "is null; expected a date as yyyy"),
    (
        "location_without_a_name",
        "crm_location",
        "read_csv('landing/customers.csv')",
        "expected null or a text with {name} in it.",
    ),
    ("location_empty", "crm_location", "", "is ''; expected null or a text"),
    ("folder_empty", "crm_folder", " ", "is ' '; expected null or a text without"),
    (
        "location_of_an_unknown_table",
        "crm_locations",
        {"clients": "raw.clients"},
        "a key in var crm_locations is 'clients'; expected one of customers, orders,",
    ),
    (
        "name_of_an_unknown_column",
        "crm_columns",
        {"orders.paid": "Total"},
        "a key in var crm_columns is 'orders.paid'; expected one of customers.cust",
    ),
    (
        "name_of_a_column_without_its_table",
        "crm_columns",
        {"order_id": "Name"},
        "a key in var crm_columns is 'order_id'; expected one of customers.customer",
    ),
    (
        "unknown_option_of_a_file",
        "csv_options",
        {"orders": {"separator": ";"}},
        (
            "a key in orders in var csv_options is 'separator'; expected one of delim, "
            "quote, escape, encoding, nullstr, skip or max_line_size."
        ),
    ),
    (
        "option_of_no_file",
        "csv_options",
        {"delim": ";"},
        "a key in var csv_options is 'delim'; expected one of customers, orders,",
    ),
    (
        "option_as_flag",
        "csv_options",
        {"orders": {"quote": False}},
        "quote in orders in var csv_options is false; expected a text or a whole",
    ),
    (
        "location_with_a_quote",
        "complete_journey_location",
        "it's",
        "expected null or a text without ' \".",
    ),
    (
        "no_source_system",
        "source_systems",
        [],
        "is []; expected a list of at least one, each one of crm or",
    ),
    ("one_system_as_text", "source_systems", "crm", "the text 'crm'; expected a list"),
    (
        "unknown_system",
        "source_systems",
        ["crm", "erp"],
        "item 2 in var source_systems is 'erp'; expected one of crm or ",
    ),
    ("system_twice", "source_systems", ["crm", "crm"], "has crm twice"),
    (
        "no_usable_table",
        "crm_tables",
        ["products", "visits"],
        (
            "is ['products', 'visits']; expected a list of raw tables with "
            "customers, orders, order_items or customer_summaries"
        ),
    ),
    ("no_table_at_all", "crm_tables", [], "is []; expected a list of raw tables"),
    ("tables_null", "crm_tables", None, "is null; expected a list of raw tables"),
    (
        "unknown_table",
        "crm_tables",
        ["orders", "clients"],
        "item 2 in var crm_tables is 'clients'; expected one of customers, orders,",
    ),
    ("table_twice", "crm_tables", ["orders", "orders"], "has orders twice"),
    (
        "date_order_of_no_date",
        "date_orders",
        {"orders.amount": "auto"},
        "a key in var date_orders is 'orders.amount'; expected one of customers.bi",
    ),
    (
        "unknown_date_order",
        "date_orders",
        {"orders.ordered_at": "us"},
        (
            "orders.ordered_at in var date_orders is 'us'; "
            "expected one of auto, day_first or month_first."
        ),
    ),
    (
        "date_orders_as_text",
        "date_orders",
        "day_first",
        "the text 'day_first'; expected a mapping from date columns to one of auto",
    ),
    (
        "separator_of_no_number",
        "decimal_separators",
        {"orders.ordered_at": "comma"},
        "a key in var decimal_separators is 'orders.ordered_at'; expected one of cu",
    ),
    (
        "unknown_separator",
        "decimal_separators",
        {"orders.amount": "dot"},
        (
            "orders.amount in var decimal_separators is 'dot'; "
            "expected one of auto, comma or point."
        ),
    ),
    (
        "city_for_a_time_zone",
        "time_zone",
        "Berlin",
        (
            "var time_zone is 'Berlin'; "
            "expected the name of a time zone such as Europe/Berlin."
        ),
    ),
    ("offset_for_a_time_zone", "time_zone", 2, "is the number 2; expected the name"),
    ("time_zone_missing", "time_zone", None, "is null; expected the name of a time"),
    (
        "placeholders_as_list",
        "placeholder_values",
        ["unknown"],
        "is the list ['unknown']; expected a mapping from columns to a list",
    ),
    (
        "placeholders_of_no_column",
        "placeholder_values",
        {"colour": ["x"]},
        "a key in var placeholder_values is 'colour'; expected one of any, ",
    ),
    (
        "placeholder_not_in_a_list",
        "placeholder_values",
        {"any": "x"},
        "any in var placeholder_values is the text 'x'; expected a list",
    ),
    (
        "placeholder_as_number",
        "placeholder_values",
        {"age": [118]},
        "item 1 in age in var placeholder_values is the number 118; expected a text",
    ),
    (
        "placeholder_with_a_bar",
        "placeholder_values",
        {"any": ["a|b"]},
        "is 'a|b'; expected a text without | ",
    ),
    (
        "placeholder_with_a_quote",
        "placeholder_values",
        {"any": ["n'a"]},
        "is 'n'a'; expected a text without | '",
    ),
    (
        "accepting_an_unknown_check",
        "accept_input",
        ["lost_order:2024-05-31"],
        "item 1 in var accept_input is 'lost_order:2024-05-31'; expected a check of ",
    ),
    (
        "accepting_without_a_day",
        "accept_input",
        ["lost_orders"],
        "is 'lost_orders'; expected a check of the seed input_checks and the day ",
    ),
    (
        "accepting_on_no_day",
        "accept_input",
        ["lost_orders:2023-02-29"],
        "is 'lost_orders:2023-02-29'; expected a check",
    ),
    (
        "accepting_one_check_as_text",
        "accept_input",
        "lost_orders:2024-05-31",
        "is the text 'lost_orders:2024-05-31'; expected a list, each a check",
    ),
    ("no_feature", "segmentation_features", [], "is []; expected a list of at least"),
    (
        "features_by_name_alone",
        "segmentation_features",
        ["age"],
        "item 1 in var segmentation_features is the text 'age'; expected a mapping",
    ),
    (
        "unknown_feature",
        "segmentation_features",
        [RECENCY | {"name": "recency"}],
        (
            "name of recency in var segmentation_features is 'recency'; "
            "expected one of recency_days, "
        ),
    ),
    (
        "circular_feature",
        "segmentation_features",
        [RECENCY | {"name": "campaign_response_rate"}],
        "refused because uplift by segment would be circular; expected another of",
    ),
    (
        "circular_feature_in_the_ready_list",
        "segmentation_features_extended",
        [RECENCY | {"name": "campaign_response_rate"}],
        "in var segmentation_features_extended is 'campaign_response_rate', which",
    ),
    (
        "feature_twice",
        "segmentation_features",
        [RECENCY, RECENCY],
        "var segmentation_features has recency_days twice; expected it once.",
    ),
    (
        "unknown_imputation",
        "segmentation_features",
        [RECENCY | {"impute": "avg"}],
        (
            "impute of recency_days in var segmentation_features is 'avg'; "
            "expected one of median, mean, mode, constant or zero."
        ),
    ),
    (
        "constant_without_a_value",
        "segmentation_features",
        [RECENCY | {"impute": "constant"}],
        "has no field constant; expected a number.",
    ),
    (
        "constant_without_need",
        "segmentation_features",
        [RECENCY | {"constant": 1}],
        "has the field constant; expected it only with impute constant.",
    ),
    (
        "cap_as_percent",
        "segmentation_features",
        [RECENCY | {"cap_quantile": 99}],
        "is 99; expected null or a number above 0.5 and below 1.",
    ),
    (
        "cap_at_the_median",
        "segmentation_features",
        [RECENCY | {"cap_quantile": 0.5}],
        "is 0.5; expected null or a number above 0.5",
    ),
    (
        "unknown_transform",
        "segmentation_features",
        [RECENCY | {"transform": "log"}],
        "is 'log'; expected one of none or log1p.",
    ),
    (
        "unknown_scale",
        "segmentation_features",
        [RECENCY | {"scale": None}],
        "is null; expected one of standard, minmax or robust.",
    ),
    (
        "weightless_feature",
        "segmentation_features",
        [RECENCY | {"weight": 0}],
        "weight of recency_days in var segmentation_features is 0; expected a number",
    ),
    (
        "weight_left_out",
        "segmentation_features",
        [WITHOUT_WEIGHT],
        "has no field weight; expected a number above 0.",
    ),
    (
        "misspelt_field",
        "segmentation_features",
        [RECENCY | {"wieght": 2}],
        "recency_days in var segmentation_features has the field wieght; expected",
    ),
    (
        "category_without_categories",
        "custom_features",
        [{"name": "region", "kind": "category"}],
        "region in var custom_features has no field categories; expected a mapping of "
        "at least one, each from a text to a text.",
    ),
    (
        "category_of_no_categories",
        "custom_features",
        [{"name": "region", "kind": "category", "categories": {}}],
        "categories of region in var custom_features is {}; expected a mapping of at",
    ),
    (
        "words_that_are_a_word",
        "custom_features",
        [{"name": "keenness", "kind": "number", "words": "keen"}],
        "is the text 'keen'; expected a mapping from low or high to a text.",
    ),
    (
        "words_of_no_direction",
        "custom_features",
        [{"name": "keenness", "kind": "number", "words": {"up": "keen"}}],
        "a key in words of keenness in var custom_features is 'up'; expected one of",
    ),
]

GOOD_VARS: list[tuple[str, str, Any]] = [
    (
        "number_without_words",
        "custom_features",
        [{"name": "keenness", "kind": "number"}],
    ),
    ("as_many_segments_as_allowed", "n_segments", 50),
    ("as_few_segments_as_allowed", "n_segments", 2),
    ("whole_number_where_a_fraction_may_be", "maximum_missing_share", 1),
    ("all_margin", "margin_rate", 1),
    ("no_budget", "campaign_budget", 0),
    ("budget_with_cents", "campaign_budget", 250.5),
    ("refit_on_drift", "refit", "on_drift"),
    ("number_of_segments_by_the_rule", "n_segments", "auto"),
    ("range_of_one", "k_range", [4, 4]),
    ("leap_day", "as_of_date", "2024-02-29"),
    ("two_checks", "accept_input", ["lost_orders:2024-05-31", "no_dates:2024-05-31"]),
    ("last_day_of_a_year", "as_of_date", "2023-12-31"),
    ("no_date", "as_of_date", None),
    ("grid_that_begins_later", "observation_anchor", "2040-12-31"),
    ("order_items_stand_in_for_orders", "crm_tables", ["order_items"]),
    ("flat_file_alone", "crm_tables", ["customer_summaries"]),
    ("table_in_a_schema", "crm_location", "raw.{name}"),
    ("tab_and_no_quote", "csv_options", {"products": {"delim": "\t", "quote": ""}}),
    ("lines_to_skip", "csv_options", {"products": {"skip": 2}}),
    ("column_of_a_shop", "crm_columns", {"products.product_id": "SKU"}),
    ("no_placeholder", "placeholder_values", {}),
    ("no_placeholder_of_one_column", "placeholder_values", {"any": [], "city": ["-"]}),
    ("date_order", "date_orders", {"visits.visited_at": "month_first"}),
    ("decimal_separator", "decimal_separators", {"orders.amount": "comma"}),
    ("time_zone", "time_zone", "America/New_York"),
    (
        "feature_with_everything",
        "segmentation_features",
        [
            RECENCY
            | {
                "name": "income",
                "impute": "constant",
                "constant": 0,
                "cap_quantile": 0.99,
                "transform": "none",
                "scale": "robust",
                "weight": 0.5,
            },
            RECENCY,
        ],
    ),
]

# (case, table, the text of its csv file if it has one, what the sentence holds; none
# where the table can be used)
FILES: list[tuple[str, str, str | None, str | None]] = [
    (
        "file_missing",
        "orders",
        None,
        (
            "/file_missing/orders.csv; "
            "expected it there, or orders left out of var crm_tables."
        ),
    ),
    (
        "key_missing",
        "orders",
        "id,customer_id,ordered_at",
        "has only id, customer_id and ordered_at; expected also order_id.",
    ),
    (
        "customer_missing",
        "visits",
        "visit_id,visited_at",
        "has only visit_id and visited_at; expected also customer_id.",
    ),
    (
        "key_and_customer_missing",
        "reviews",
        "rating",
        "has only rating; expected also review_id and customer_id.",
    ),
    (
        "customer_of_a_contact_missing",
        "campaign_contacts",
        "contact_id,campaign_id",
        "expected also customer_id.",
    ),
    (
        "order_of_an_item_missing",
        "order_items",
        "product_id",
        "expected also order_id.",
    ),
    (
        "customer_of_a_summary_missing",
        "customer_summaries",
        "observed_on,loyalty",
        "expected also customer_id.",
    ),
    (
        "nobody_to_erase",
        "erasure_requests",
        "requested_at",
        "has only requested_at; expected customer_id or email.",
    ),
    (
        "file_empty",
        "products",
        "",
        "is empty or has no line of column names; expected also product_id.",
    ),
    (
        "column_names_missing",
        "products",
        "1,2\n3,4",
        "is empty or has no line of column names; expected also product_id.",
    ),
    (
        "line_of_data_instead_of_names",
        "customers",
        "B001,Anna,anna@example.org\nB002,Anna,anna@example.org",
        "is empty or has no line of column names; expected also customer_id.",
    ),
    (
        "two_columns_of_one_name",
        "orders",
        "order_id,customer_id,Order_ID",
        "has two columns named order_id; expected one.",
    ),
    (
        "two_delimiters",
        "orders",
        "order_id,customer_id,paid;in all",
        "has a line of column names that comma and semicolon split; expected one",
    ),
    ("names_below_a_banner", "orders", "Report\n\norder_id,customer_id\no,c", None),
    ("semicolons", "orders", "order_id;customer_id\no;c", None),
    ("key_in_capitals", "customers", "CUSTOMER_ID,Email\nc1,a@example.com", None),
    ("no_rows", "customers", "customer_id,email\n", None),
    ("items_without_line_numbers", "order_items", "order_id,quantity\no1,2", None),
    ("summary_without_a_date", "customer_summaries", "customer_id,loyalty\nc1,1", None),
    ("erasure_by_email", "erasure_requests", "email\na@example.com", None),
    ("erasure_by_customer", "erasure_requests", "customer_id\nc1", None),
]

# The same for other places, of which those in the database are made by DATABASE.
PLACES: list[tuple[str, str, str, str | None]] = [
    (
        "glob_without_files",
        "customers",
        "read_parquet('{folder}/{name}/*.parquet')",
        "raw table customers has no file at {folder}/customers/*.parquet; expected it",
    ),
    (
        "folder_without_files",
        "customers",
        "read_parquet('{folder}/{name}')",
        "raw table customers has no file at {folder}/customers; expected it",
    ),
    ("file_by_path_alone", "customers", "'{folder}/{name}.csv'", "has no file at"),
    ("glob_of_files", "orders", "read_parquet('{folder}/{name}/*.parquet')", None),
    ("folder_of_files", "orders", "read_parquet('{folder}/{name}')", None),
    (
        "several_globs",
        "customers",
        "read_csv(['{folder}/no*/{name}.csv', '{folder}/key*/{name}.csv'])",
        None,
    ),
    ("schema", "orders", "raw.{name}", None),
    ("quoted_schema", "orders", 'raw."{name}"', None),
    ("database", "products", "lake.{name}", None),
    ("schema_of_a_database", "products", "lake.main.{name}", None),
    ("query", "customers", "(select '{name}1' as customer_id)", None),
    (
        "query_that_cannot_be_read",
        "customers",
        "(select shoe_size from raw.orders as {name})",
        "at (select shoe_size from raw.orders as customers) cannot be read (Binder Err",
    ),
    ("table_missing", "reviews", "raw.{name}", "has no table raw.reviews; expected it"),
    ("schema_missing", "reviews", "ocean.{name}", "has no table ocean.reviews; "),
    (
        "database_missing",
        "reviews",
        "ocean.main.{name}",
        "has no table ocean.main.reviews; expected it there, or reviews left out of",
    ),
    (
        "view_without_a_customer",
        "visits",
        "raw.{name}",
        "at raw.visits has only visit_id; expected also customer_id.",
    ),
]
# (case, arguments of problem_with_places, what the sentence holds)
VARS_OF_PLACES: list[tuple[str, str, str | None]] = [
    (
        "folder_and_location",
        "'{folder}', 'raw.{name}', {}, ['orders']",
        "vars crm_folder and crm_location are both set; expected one of them.",
    ),
    (
        "table_without_a_location",
        "none, none, {'orders': 'raw.orders'}, ['orders', 'visits']",
        "raw table visits has no entry in var crm_locations; expected one, or visits",
    ),
    (
        "folder_without_a_file",
        "'{folder}/nowhere', none, {}, ['customers', 'orders', 'visits']",
        "/nowhere', which has no file of customers, orders, order_items or customer_su",
    ),
    ("folder", "'{folder}/semicolons', none, {}, ['customers', 'orders']", None),
    (
        "folder_for_the_rest",
        "'{folder}/nowhere', none, {'orders': 'raw.orders'}, ['customers', 'orders']",
        None,
    ),
]
# (case, entries of var segmentations that follow its rule, what the sentence holds)
GERMANY = {"name": "germany", "filter": "country = 'DE'"}
SEGMENTATIONS: list[tuple[str, list[dict[str, Any]], str | None]] = [
    ("segmentation_by_default", [{"name": "default"}], None),
    ("segmentation_of_a_country", [{"name": "default"}, GERMANY], None),
    (
        "segmentation_default_is_missing",
        [{"name": "rfm", "method": "rfm_rules"}],
        "var segmentations has no entry default; expected one: table customer_segments "
        "holds it.",
    ),
    (
        "segmentation_default_has_a_method",
        [{"name": "default", "method": "rfm_rules"}],
        "default in var segmentations has the field method; expected its name alone: ",
    ),
    (
        "segmentation_name_with_a_blank",
        [{"name": "default"}, {"name": "By spend"}],
        "var segmentations has the name 'By spend'; expected small letters, digits",
    ),
    *(
        (
            f"segmentation_filter_{case}",
            [{"name": "default"}, {"name": "germany", "filter": text}],
            f"filter of germany in var segmentations {part}",
        )
        for case, text, part in (
            ("of_an_email", "email like 'a%'", "asks for the column email; expected"),
            (
                "misspelt",
                "contry = 'DE'",
                "asks for the column contry; expected pe",
            ),
            (
                "of_a_table",
                "raw_customers.city = 'Ulm'",
                "asks for the column raw_custo",
            ),
            (
                "of_a_birth_date_in_brackets",
                "((length(birth_date)) > 3)",
                "asks for the column birth_date; expected",
            ),
            (
                "that_asks_another_table",
                "exists (from raw.orders)",
                "is 'exists (from raw.orders)'; expected one condition on columns",
            ),
            (
                "with_a_query_in_a_condition",
                "age in (select 1)",
                "is 'age in (select 1)'; expected one condition on columns",
            ),
            ("of_two_statements", "age > 1); drop table x", "is 'age > 1); drop"),
            ("that_ends_the_query", "age > 1) limit (5", "is 'age > 1) limit (5'; exp"),
            ("that_adds_a_query", "age > 1) union (select 1", "is 'age > 1) union ("),
            ("with_a_comment", "age > 1 -- adults", "is 'age > 1 -- adults'; expected"),
            (
                "that_is_no_sql",
                "country is Germany is",
                "is 'country is Germany is'; ex",
            ),
            ("that_is_a_column", "country", "is 'country'; expected one condition"),
            ("that_asks_nothing", "1 = 1", "is '1 = 1'; expected one condition on col"),
            (
                "over_other_rows",
                "age > avg(age) over ()",
                "is 'age > avg(age) over ()'",
            ),
            (
                "that_takes_a_text_for_a_number",
                "age > 30 and country = 5",
                "is 'age > 30 and country = 5', which takes the text country for int",
            ),
            (
                "that_lists_numbers_for_texts",
                "lower(city) in (1, 2)",
                "is 'lower(city) in (1, 2)', which takes the text that it makes for",
            ),
            (
                "that_takes_a_word_for_a_number",
                "age = 'x'",
                "is 'age = 'x'', which takes the text 'x' for bigint; expected texts",
            ),
            (
                "of_a_number_that_is_searched",
                "age like '3%'",
                "is 'age like '3%'', which cannot be computed (No function matches",
            ),
            (
                "of_a_function_that_there_is_not",
                "initials(country) = 'D'",
                "is 'initials(country) = 'D'', which cannot be computed (Scalar Func",
            ),
            (
                "of_many_customers",
                "sum(age) > 30",
                "is 'sum(age) > 30', which cannot be computed (WHERE clause cannot",
            ),
        )
    ),
    (
        "segmentation_filter_of_features_and_attributes",
        [
            {"name": "default"},
            {
                "name": "germany",
                "filter": "Country in ('DE', 'AT') and not (total_spend between 0 and 9"
                " or lower(city) like 'b%') and coalesce(has_marketing_consent, false)",
            },
        ],
        None,
    ),
    (
        "segmentation_filter_with_numbers_in_quotes",
        [
            {"name": "default"},
            {
                "name": "adults",
                "filter": "age >= '18' and has_marketing_consent = 'yes' "
                "and coalesce(try_cast(city as int), 1) = 1 and is_female = 1",
            },
        ],
        None,
    ),
]
DATABASE = [
    "create schema raw",
    "create table raw.orders (Order_ID int, customer_id int)",
    "create view raw.visits as select 1 as visit_id",
    "attach ':memory:' as lake",
    "create table lake.main.products (product_id text)",
]


# Where raw files lie, seen from the folder that dbt runs in.
LANDING = "landing"


def write_files(dbt_folder: Path, case: str, **texts: str) -> str:
    """Write one csv file per table; return the crm_location of all of them."""
    folder = dbt_folder / LANDING / case
    folder.mkdir(parents=True, exist_ok=True)
    for table, text in texts.items():
        (folder / f"{table}.csv").write_text(text)
    return f"read_csv('{LANDING}/{case}/{{name}}.csv', all_varchar = true)"


def jinja(value: Any) -> str:
    """Write a value as Jinja does, which has no word for infinity or not-a-number."""
    if isinstance(value, float) and not math.isfinite(value):
        return f"fromyaml('.{value}')"
    return repr(value)


@pytest.fixture(scope="module")
def problems(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The sentence of every case, or none, from one process."""
    dbt_folder = tmp_path_factory.mktemp("problems")
    landing = dbt_folder / LANDING
    (landing / "customers").mkdir(parents=True)
    (landing / "orders").mkdir()
    duckdb.connect().execute(
        "copy (select 1 as order_id, 2 as customer_id, today() as ordered_at) "
        f"to '{landing / 'orders' / 'part-1.parquet'}'"
    )
    places = [
        (case, table, location.replace("{folder}", LANDING))
        for case, table, location, _ in PLACES
    ]
    for case, table, text, _ in FILES:
        texts = {} if text is None else {table: text}
        places.append((case, table, write_files(dbt_folder, case, **texts)))
    values = [case[:3] for case in BAD_VARS] + GOOD_VARS

    expressions = {
        **{
            name: f"problem_with_var('{var}', {jinja(value)})"
            for name, var, value in values
        },
        **{
            name: f"problem_with_raw_table('{table}', {jinja(location)})"
            for name, table, location in places
        },
        **{
            case: f"problem_with_places({arguments})".replace("{folder}", str(landing))
            for case, arguments, _ in VARS_OF_PLACES
        },
        **{
            case: f"problem_with_segmentations({entries!r})"
            for case, entries, _ in SEGMENTATIONS
        },
        "misspelt": "problem_with_var_names(['margin_rate', 'n_segment'])",
        "unlike_any_var": "problem_with_var_names(['xyzzy'])",
        "vars": "var_rules() | list",
    }
    statements = [f"{{% do run_query({sql!r}) %}}" for sql in DATABASE]
    entries = ", ".join(f"'{name}': {code}" for name, code in expressions.items())
    inline = f"{''.join(statements)}{{{{ tojson({{{entries}}}) }}}}"
    result = Warehouse(dbt_folder).run_dbt(
        ["--quiet", "compile", "--inline", f"{{% if execute %}}{inline}{{% endif %}}"]
    )
    assert result.returncode == 0, result.stdout
    sentences: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    cases = (values, places, VARS_OF_PLACES, SEGMENTATIONS)
    assert len(sentences) == sum(len(listed) for listed in cases) + 3
    return sentences


def assert_one_sentence(sentence: str) -> None:
    assert "\n" not in sentence
    assert re.fullmatch(r"[^;]+; expected [^;]+\.", sentence), sentence


@pytest.mark.parametrize(
    ("case", "var", "part"),
    [(case, var, part) for case, var, _, part in BAD_VARS],
    ids=[case for case, *_ in BAD_VARS],
)
def test_a_bad_var_is_refused_in_one_sentence(
    problems: dict[str, Any], case: str, var: str, part: str
) -> None:
    sentence = problems[case]

    assert sentence is not None
    assert_one_sentence(sentence)
    assert f"var {var} " in sentence
    assert part in sentence


@pytest.mark.parametrize("case", [case for case, _, _ in GOOD_VARS])
def test_an_unusual_but_valid_var_passes(problems: dict[str, Any], case: str) -> None:
    assert problems[case] is None


@pytest.mark.parametrize(
    ("case", "part"),
    [(case, part) for case, _, part in SEGMENTATIONS],
    ids=[case for case, *_ in SEGMENTATIONS],
)
def test_a_segmentation_is_named_apart_and_has_one_condition(
    problems: dict[str, Any], case: str, part: str | None
) -> None:
    sentence = problems[case]

    if part is None:
        assert sentence is None
    else:
        assert part in sentence
        assert re.fullmatch(r"[^\n]+; expected [^;\n]+\.", sentence), sentence


def test_a_misspelt_var_is_refused_with_the_nearest_names(
    problems: dict[str, Any],
) -> None:
    assert (
        problems["misspelt"]
        == "var n_segment is unknown; expected perhaps n_segments or segmentations."
    )
    assert (
        problems["unlike_any_var"]
        == "var xyzzy is unknown; expected one of dbt_project.yml."
    )


def test_every_var_of_the_project_has_a_rule(problems: dict[str, Any]) -> None:
    project = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())

    assert sorted(problems["vars"]) == sorted(project["vars"])


@pytest.mark.parametrize(
    ("case", "table", "part"),
    [(case, table, part) for case, table, _, part in FILES + PLACES if part],
    ids=[case for case, _, _, part in FILES + PLACES if part],
)
def test_a_bad_table_is_refused_in_one_sentence(
    problems: dict[str, Any], case: str, table: str, part: str
) -> None:
    sentence = problems[case]

    assert sentence is not None
    assert_one_sentence(sentence)
    assert sentence.startswith(f"raw table {table} ")
    assert part.replace("{folder}", LANDING) in sentence


@pytest.mark.parametrize(
    "case", [case for case, _, _, part in FILES + PLACES if part is None]
)
def test_an_unusual_but_usable_table_passes(
    problems: dict[str, Any], case: str
) -> None:
    assert problems[case] is None


@pytest.mark.parametrize(
    ("case", "part"), [(case, part) for case, _, part in VARS_OF_PLACES]
)
def test_vars_that_say_where_tables_are_must_fit_together(
    problems: dict[str, Any], case: str, part: str | None
) -> None:
    if part is None:
        assert problems[case] is None
    else:
        assert_one_sentence(problems[case])
        assert part in problems[case]


def assert_stopped_at_once(
    result: CompletedProcess[str], database: Path, sentence: str
) -> None:
    output = result.stdout + result.stderr
    assert result.returncode != 0
    assert sentence in output
    assert "Traceback" not in output
    assert not re.search(r"START (?!hook)", output)
    if database.exists():
        with duckdb.connect(str(database), read_only=True) as connection:
            assert connection.sql("show all tables").fetchall() == []


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        (
            {"margin_rate": 30},
            "var margin_rate is 30; expected a number above 0 and at most 1.",
        ),
        (
            {"n_segment": 3},
            "var n_segment is unknown; expected perhaps n_segments or segmentations.",
        ),
        (
            {"placeholder_values": "unknown"},
            "var placeholder_values is the text 'unknown'; expected a mapping from",
        ),
        (
            {"hash_customer_ids": True},
            "var hash_customer_ids is true, but environment variable SEGMENTATION_SALT "
            "is not set; expected it to hold the salt of the hashes.",
        ),
        (
            {
                "source_systems": ["complete_journey"],
                "complete_journey_location": "/nowhere",
            },
            "of complete_journey has no file at /nowhere/",
        ),
    ],
    ids=[
        "out_of_range",
        "misspelt",
        "of_a_kind_that_models_cannot_be_parsed_with",
        "hashes_without_a_salt",
        "source_system_without_files",
    ],
)
def test_a_bad_var_stops_the_build(
    run_dbt: RunDbt, database: Path, variables: dict[str, Any], sentence: str
) -> None:
    assert_stopped_at_once(run_dbt(["build"], variables), database, sentence)


# One after the other, with the same vars, so that dbt need not parse anew.
@pytest.mark.parametrize(
    ("texts", "sentence"),
    [
        ({}, "/order_items.csv; expected it there, or order_items left out of var"),
        (
            {"order_items": "order_id,quantity"},
            "has only order_id and quantity; expected also customer_id and ordered_at.",
        ),
        ({"order_items": "\x00\x01" * 999}, "/items_alone/order_items.csv"),
    ],
    ids=["no_file", "items_that_stand_in_for_orders_lack_columns", "unreadable"],
)
def test_a_bad_table_stops_the_build(
    run_dbt: RunDbt,
    database: Path,
    dbt_folder: Path,
    texts: dict[str, str],
    sentence: str,
) -> None:
    variables = {
        "crm_tables": ["order_items"],
        "crm_location": write_files(dbt_folder, "items_alone", **texts),
    }

    assert_stopped_at_once(run_dbt(["build"], variables), database, sentence)


def test_a_folder_may_lack_files_but_not_the_orders_of_order_items(
    run_dbt: RunDbt, dbt_folder: Path
) -> None:
    write_files(dbt_folder, "shop", customers="customer_id\nc1")
    variables = {"crm_folder": f"{LANDING}/shop"}

    passed = run_dbt(["run-operation", "validate_input"], variables)
    write_files(dbt_folder, "shop", order_items="order_id,customer_id\no1,c1")
    refused = run_dbt(["run-operation", "validate_input"], variables)

    assert passed.returncode == 0, passed.stdout
    assert "var crm_folder has no file of orders, order_items, products, " in (
        passed.stdout
    )
    assert refused.returncode != 0
    assert "raw table orders has no file at " in refused.stdout
    assert "; expected it there, or orders left out of var crm_tables." in (
        refused.stdout
    )


def test_usable_input_passes_with_a_word_on_columns_that_are_not_used(
    run_dbt: RunDbt, dbt_folder: Path
) -> None:
    location = write_files(
        dbt_folder,
        "usable",
        customers="customer_id,shoe_size\nc1,42",
        orders="order_id,customer_id,amount\no1,c1,5",
    )
    variables = {var: value for case, var, value in GOOD_VARS} | {
        "crm_tables": ["customers", "orders"],
        "crm_location": location,
        "segmentation_custom_features": "raw.customer_scores",
    }

    result = run_dbt(["run-operation", "validate_input"], variables)

    assert result.returncode == 0, result.stdout
    assert "has shoe_size beside the columns of the input contract" in result.stdout
    assert "lacks ordered_at: every record of it will be rejected" in result.stdout
