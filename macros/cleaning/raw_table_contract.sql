{#
    The input contract: every raw table, its key, the columns a record cannot do
    without, and the kind and range of each column. Everything that reads raw records
    (validation, cleaning, the list of issues) is derived from it.

    key       identifies a record; repeats of it are one record
    required  a record where one of these is missing or unusable is rejected
    date      the column that says when the record happened, if it is an event
    columns   name -> kind, and where they apply minimum, maximum, is_personal
    kinds     id, text, email, phone, date, timestamp, money, currency, number, integer,
              rate, rating, and those whose words the seed input_words has: order_status,
              gender, and the booleans consent, control and conversion

    Of a table that is_personal an unreadable value may be anything of a person.
#}
{% macro raw_table_contract() %}
    {% set contract = {
        'customers': {
            'key': ['customer_id'],
            'is_personal': true,
            'required': ['customer_id'],
            'date': none,
            'columns': {
                'customer_id': {'kind': 'id'},
                'first_name': {'kind': 'text', 'is_personal': true},
                'last_name': {'kind': 'text', 'is_personal': true},
                'email': {'kind': 'email', 'is_personal': true},
                'phone': {'kind': 'phone', 'is_personal': true},
                'birth_date': {'kind': 'date', 'is_personal': true},
                'age': {'kind': 'integer', 'minimum': 0, 'maximum': 110},
                'gender': {'kind': 'gender'},
                'income': {'kind': 'money', 'minimum': 0},
                'city': {'kind': 'text'},
                'country': {'kind': 'text'},
                'registered_at': {'kind': 'timestamp'},
                'updated_at': {'kind': 'timestamp'},
                'has_marketing_consent': {'kind': 'consent'}
            }
        },
        'orders': {
            'key': ['order_id'],
            'required': ['order_id', 'customer_id', 'ordered_at'],
            'date': 'ordered_at',
            'columns': {
                'order_id': {'kind': 'id'},
                'customer_id': {'kind': 'id'},
                'ordered_at': {'kind': 'timestamp'},
                'amount': {'kind': 'money'},
                'status': {'kind': 'order_status'},
                'channel': {'kind': 'text'},
                'refunded_amount': {'kind': 'money'},
                'discount_amount': {'kind': 'money'},
                'shipping_amount': {'kind': 'money'},
                'tax_amount': {'kind': 'money'},
                'currency': {'kind': 'currency'},
                'updated_at': {'kind': 'timestamp'}
            }
        },
        'order_items': {
            'key': ['order_id', 'line_number'],
            'required': ['order_id'],
            'date': 'ordered_at',
            'columns': {
                'order_id': {'kind': 'id'},
                'line_number': {'kind': 'integer'},
                'product_id': {'kind': 'id'},
                'quantity': {'kind': 'number'},
                'unit_price': {'kind': 'money'},
                'customer_id': {'kind': 'id'},
                'ordered_at': {'kind': 'timestamp'},
                'updated_at': {'kind': 'timestamp'}
            }
        },
        'products': {
            'key': ['product_id'],
            'required': ['product_id'],
            'date': none,
            'columns': {
                'product_id': {'kind': 'id'},
                'product_name': {'kind': 'text'},
                'category': {'kind': 'text'},
                'updated_at': {'kind': 'timestamp'}
            }
        },
        'visits': {
            'key': ['visit_id'],
            'required': ['visit_id', 'customer_id', 'visited_at'],
            'date': 'visited_at',
            'columns': {
                'visit_id': {'kind': 'id'},
                'customer_id': {'kind': 'id'},
                'visited_at': {'kind': 'timestamp'},
                'channel': {'kind': 'text'},
                'has_converted': {'kind': 'conversion'},
                'updated_at': {'kind': 'timestamp'}
            }
        },
        'reviews': {
            'key': ['review_id'],
            'required': ['review_id', 'customer_id', 'reviewed_at', 'rating'],
            'date': 'reviewed_at',
            'columns': {
                'review_id': {'kind': 'id'},
                'customer_id': {'kind': 'id'},
                'order_id': {'kind': 'id'},
                'rating': {'kind': 'rating', 'minimum': 1, 'maximum': 5},
                'reviewed_at': {'kind': 'timestamp'},
                'updated_at': {'kind': 'timestamp'}
            }
        },
        'campaign_contacts': {
            'key': ['contact_id'],
            'required': ['contact_id', 'customer_id', 'contacted_at'],
            'date': 'contacted_at',
            'columns': {
                'contact_id': {'kind': 'id'},
                'customer_id': {'kind': 'id'},
                'campaign_id': {'kind': 'id'},
                'contacted_at': {'kind': 'timestamp'},
                'is_control': {'kind': 'control'},
                'has_converted': {'kind': 'conversion'},
                'cost': {'kind': 'money', 'minimum': 0},
                'updated_at': {'kind': 'timestamp'}
            }
        },
        'customer_summaries': {
            'key': ['customer_id', 'observed_on'],
            'required': ['customer_id'],
            'date': 'observed_on',
            'columns': {
                'customer_id': {'kind': 'id'},
                'observed_on': {'kind': 'date'},
                'total_purchase': {'kind': 'money'},
                'total_order': {'kind': 'number', 'minimum': 0},
                'total_visit': {'kind': 'number', 'minimum': 0},
                'satisfaction': {'kind': 'rating', 'minimum': 1, 'maximum': 5},
                'loyalty': {'kind': 'rate', 'minimum': 0, 'maximum': 1},
                'conversion_rate': {'kind': 'rate', 'minimum': 0, 'maximum': 1},
                'lifetime_value': {'kind': 'money'},
                'recency_days': {'kind': 'number', 'minimum': 0},
                'updated_at': {'kind': 'timestamp'}
            }
        },
        'erasure_requests': {
            'key': [],
            'is_personal': true,
            'required': [],
            'date': 'requested_at',
            'columns': {
                'customer_id': {'kind': 'id'},
                'email': {'kind': 'email', 'is_personal': true},
                'first_name': {'kind': 'text', 'is_personal': true},
                'last_name': {'kind': 'text', 'is_personal': true},
                'requested_at': {'kind': 'timestamp'}
            }
        }
    } %}

    {# Lines without an orders table are the orders: they must say whose and when. #}
    {% set tables = tables_of_crm(contract | list) %}
    {% if tables is iterable and 'orders' not in tables %}
        {% do contract['order_items'].update(
            {'required': ['order_id', 'customer_id', 'ordered_at']}
        ) %}
    {% endif %}

    {{ return(contract) }}
{% endmacro %}


{# What identifies a record of a raw table, as one text; null where nothing does. #}
{% macro record_key_expression(table_name, relation) %}
    {%- set parts = [] -%}
    {%- for column in raw_table_contract()[table_name]['key'] -%}
        {%- do parts.append(
            "cast(" ~ relation ~ "." ~ column ~ " as string)" if loop.first
            else "coalesce(':' || cast(" ~ relation ~ "." ~ column ~ " as string), '')"
        ) -%}
    {%- endfor -%}
    {{ return(parts | join(' || ') or 'cast(null as string)') }}
{% endmacro %}


{#
    Whether a record can repeat another: an order line without a number is one of its own,
    for a log of sales in which a basket holds the same line twice means it.
#}
{% macro can_be_repeated(table_name, relation) %}
    {{ return(relation ~ '.line_number is not null' if table_name == 'order_items'
        else 'true') }}
{% endmacro %}
