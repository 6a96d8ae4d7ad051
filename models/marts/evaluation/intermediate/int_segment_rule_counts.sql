{# Every predicate that explains the version in use, executed on today's customers. #}
{% set rules = published_rules() %}

with

customer_features as (

    select * from {{ ref('customer_features') }}

),

observation_dates as (

    select * from {{ ref('int_observation_dates') }}
    where is_current

),

versions as (

    select * from {{ ref('segmentation_versions') }}
    where is_in_use
        and segmentation_name = '{{ segmentation_name() }}'

),

assignments as (

    select * from {{ ref('customer_segment_assignments') }}
    where segmentation_name = '{{ segmentation_name() }}'

),

-- Each rule is asked of its own, so that two that cover one customer would show.
covered as (

    select
        {%- for rule in rules %}
        coalesce({{ rule.predicate }}, false)
            as is_covered_by_{{ rule.rule_number }},
        {%- endfor %}
        customer_features.observation_date,
        customer_features.customer_id
    from customer_features
    inner join observation_dates
        on customer_features.observation_date = observation_dates.observation_date

),

counted as (

    select
        {%- for rule in rules %}
        count_if(covered.is_covered_by_{{ rule.rule_number }})
            as covered_by_{{ rule.rule_number }},
        {%- endfor %}
        assignments.segment_id,
        count(*) as segment_customers
    from covered
    left join assignments
        on covered.observation_date = assignments.observation_date
            and covered.customer_id = assignments.customer_id
    group by assignments.segment_id

),

unpivoted as (

    {% for rule in rules %}
    select
        {{ rule.rule_number }} as rule_number,
        segment_id,
        covered_by_{{ rule.rule_number }} as customers,
        segment_customers
    from counted
    {{ 'union all' if not loop.last }}
    {% else %}
    select
        0 as rule_number,
        segment_id,
        segment_customers as customers,
        segment_customers
    from counted
    where false
    {% endfor %}

),

final as (

    select
        ---------- ids
        versions.segmentation_name,
        versions.segmentation_version,
        cast(unpivoted.rule_number as bigint) as rule_number,
        cast(unpivoted.segment_id as bigint) as segment_id,

        ---------- numerics
        cast(unpivoted.customers as bigint) as customers,
        unpivoted.segment_customers
    from unpivoted
    cross join versions

)

select * from final
