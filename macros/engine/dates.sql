{#
    The adapter of Spark counts in int, takes twenty calls for a month and forgets the
    fractions of a second. dbt finds these where the project is no package.
#}
{% macro spark__dateadd(datepart, interval, from_date_or_timestamp) -%}
    timestampadd(
        {{ datepart }}, cast({{ interval }} as int),
        cast({{ from_date_or_timestamp }} as timestamp)
    )
{%- endmacro %}

{% macro spark__datediff(first_date, second_date, datepart) -%}
    {%- if datepart == 'day' -%}
    cast(datediff(cast({{ second_date }} as date), cast({{ first_date }} as date)) as bigint)
    {%- elif datepart == 'month' -%}
    cast(months_between(
        trunc({{ second_date }}, 'MM'), trunc({{ first_date }}, 'MM')
    ) as bigint)
    {%- else -%}
    {{ dbt.spark__datediff(first_date, second_date, datepart) }}
    {%- endif -%}
{%- endmacro %}
