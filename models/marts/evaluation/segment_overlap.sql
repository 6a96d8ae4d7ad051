{% set pairs = [] %}
{% for name in segmentation_names() %}
    {% for other_name in segmentation_names()[loop.index:] %}
        {% do pairs.append((name, other_name)) %}
    {% endfor %}
{% endfor %}

with

memberships as (

    select * from {{ ref('customer_segment_memberships') }}

),

-- A filter may leave a customer in one of the two only.
crossed as (

    {% for name, other_name in pairs %}
    select
        '{{ name }}' as segmentation_name,
        '{{ other_name }}' as other_segmentation_name,
        memberships.segment_id,
        others.segment_id as other_segment_id,
        memberships.segment_name,
        others.segment_name as other_segment_name,
        coalesce(memberships.observation_date, others.observation_date)
            as observation_date
    from (
        select * from memberships
        where segmentation_name = '{{ name }}'
    ) as memberships
    full outer join (
        select * from memberships
        where segmentation_name = '{{ other_name }}'
    ) as others
        on memberships.customer_id = others.customer_id
    {{ 'union all' if not loop.last }}
    {% else %}
    select
        segmentation_name,
        segmentation_name as other_segmentation_name,
        segment_id,
        segment_id as other_segment_id,
        segment_name,
        segment_name as other_segment_name,
        observation_date
    from memberships
    where false
    {% endfor %}

),

counted as (

    select
        *,
        count(*) as customers
    from crossed
    group by all

),

-- Sizes of segments are public: either less what is shown must not tell of few.
judged as (

    select
        *,
        {% for side, tie in {
            'segment_id': 'other_segment_id', 'other_segment_id': 'segment_id'
        }.items() %}
        {{ is_shown_cell(
            customers=['customers'],
            contributors=[],
            total=['segmentation_name', 'other_segmentation_name', side],
            ties=tie
        ) }} {{ 'and' if not loop.last else 'as is_shown,' }}
        {% endfor %}
        {%- for side in ['segment_id', 'other_segment_id'] %}
        sum(customers) over (
            partition by segmentation_name, other_segmentation_name, {{ side }}
        ) as customers_of_{{ side }}{{ ',' if not loop.last }}
        {%- endfor %}
    from counted

),

final as (

    select
        ---------- ids
        segmentation_name,
        segment_id,
        other_segmentation_name,
        other_segment_id,

        ---------- strings
        segment_name,
        other_segment_name,

        ---------- numerics
        case when is_shown then customers end as customers,
        case
            when is_shown and segment_id is not null
                then round(customers / cast(customers_of_segment_id as double), 6)
        end as segment_share,
        case
            when is_shown and other_segment_id is not null
                then round(customers / cast(customers_of_other_segment_id as double), 6)
        end as other_segment_share,

        ---------- booleans
        not is_shown as is_suppressed,

        ---------- dates
        observation_date
    from judged

)

select * from final
