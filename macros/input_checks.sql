{#
    The checks of the input. Models int_*_findings say how much each of them found, the
    seed input_checks how much is too much, and int_input_gate what comes of it.
#}
{% macro input_check_names() %}
    {{ return([
        'unreadable_values', 'unreadable_attributes', 'contradicting_values',
        'undecided_format', 'mixed_currencies', 'malformed_lines', 'rejected_records',
        'conflicting_records', 'unknown_order_states', 'guest_account', 'email_ids',
        'lost_records', 'lost_customers', 'lost_orders', 'lost_spend', 'stray_records',
        'orders_end_early', 'activity_ends_early', 'no_dates'
    ]) }}
{% endmacro %}


{# The day of the build in UTC, as var accept_input names it. #}
{% macro build_day() %}
    {{ return(run_started_at.date() | string) }}
{% endmacro %}


{# The checks that var accept_input lets pass today, as the list of an IN. #}
{% macro accepted_checks() %}
    {% set names = [] %}
    {% for acceptance in valid_var('accept_input') %}
        {% if acceptance.split(':')[1] == build_day() %}
            {% do names.append(acceptance.split(':')[0]) %}
        {% endif %}
    {% endfor %}
    {{ return(quoted(names)) }}
{% endmacro %}


{#
    Whether too many unreadable values of a column stop a build: of ids, days of events,
    amounts, currencies and states of orders.
#}
{% macro is_essential(entity, name) %}
    {% set contract = raw_table_contract()[entity] %}
    {% set kind = contract['columns'][name]['kind'] %}
    {{ return(
        kind in ['id', 'currency', 'order_status']
        or (kind == 'money' and entity in ['orders', 'order_items'])
        or (name == contract['date'] and entity not in [
            'customer_summaries', 'erasure_requests'
        ])
        or name == 'total_purchase'
    ) }}
{% endmacro %}


{# What a value of a kind of the input contract looks like. #}
{% macro expected_value(kind) %}
    {% if kind in boolean_kinds() %}
        {{ return('a word such as yes or no') }}
    {% endif %}
    {{ return({
        'id': 'an id as its system writes it, such as 10023 or A-17',
        'email': 'an address such as name@example.com',
        'phone': 'a number of at least seven digits',
        'date': 'a date such as 2024-03-25 or 25/03/2024',
        'timestamp': 'a time such as 2024-03-25 14:30:00 or 25/03/2024',
        'money': 'an amount such as 1234.50 or 1.234,50 EUR',
        'currency': 'a code such as EUR',
        'number': 'a number such as 4.5',
        'integer': 'a whole number',
        'rate': 'a share such as 0.12 or 12%',
        'rating': 'a rating such as 4 or 4/5',
        'gender': 'a word of the seed input_words',
        'order_status': 'a word of the seed input_words'
    }.get(kind, 'a text')) }}
{% endmacro %}


{# A value as a sentence shows it: on one line, not too long, and no contact in it. #}
{% macro quoted_value(text, is_id='false') -%}
    '''' || translate(
        left({{ without_contact(text, is_id) }}, 40), chr(10) || chr(13), '  '
    ) || ''''
{%- endmacro %}


{# A share as a sentence shows it: 12.3 %. #}
{% macro percentage(share) -%}
    cast(cast(100 * ({{ share }}) as decimal(18, 1)) as string) || ' %'
{%- endmacro %}


{# A count or a sum as a sentence shows it: 1234, and 1234.50. #}
{% macro plain_total(total) -%}
    case
        when {{ total }} = floor({{ total }})
            then cast(cast({{ total }} as bigint) as string)
        else cast(cast({{ total }} as decimal(18, 2)) as string)
    end
{%- endmacro %}


{# Whether the input is the sample that comes with the project. #}
{% macro is_sample() %}
    {{ return('crm' in valid_var('source_systems') and not has_own_records()) }}
{% endmacro %}


{#
    The totals of the last build that passed, or none on a new warehouse. Their table is
    written behind the gate: a ref() here would be a circle.
#}
{% macro passed_input_totals() %}
    {%- set relation = adapter.get_relation(
        this.database, this.schema, 'int_passed_input_totals'
    ) if execute else none -%}
    {%- if relation %}
    select * from {{ relation }}
    {%- else %}
    select
        cast(null as string) as check_name,
        cast(null as string) as source_system,
        cast(null as string) as entity,
        cast(null as string) as column_name,
        cast(null as bigint) as records,
        cast(null as decimal(18, 4)) as total,
        cast(null as boolean) as is_sample
    where false
    {%- endif %}
{% endmacro %}
