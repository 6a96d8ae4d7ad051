with

segment_sizes as (

    select segment_sizes.*
    from {{ ref('int_segment_sizes') }} as segment_sizes
    inner join {{ ref('int_observation_dates') }} as observation_dates
        on segment_sizes.observation_date = observation_dates.observation_date
    where observation_dates.is_current
        and segment_sizes.customers > 0
        and segment_sizes.segmentation_name = '{{ segmentation_name() }}'

),

bought as (

    select
        assignments.segment_id,
        purchases.customer_id,
        purchases.item_kind,
        purchases.item,
        cast(purchases.window_purchases as double) as purchases,
        count(*) over (
            partition by assignments.segment_id, purchases.item_kind, purchases.item
        ) as buyers
    from {{ ref('int_customer_item_purchases') }} as purchases
    inner join {{ ref('customer_segment_assignments') }} as assignments
        on purchases.observation_date = assignments.observation_date
            and purchases.customer_id = assignments.customer_id
    inner join segment_sizes
        on assignments.observation_date = segment_sizes.observation_date
            and assignments.segment_id = segment_sizes.segment_id
    where purchases.window_purchases > 0
        and assignments.segmentation_name = '{{ segmentation_name() }}'

),

-- A small cell is in no sum: the sum less the other cells would be the cell.
counted as (

    select
        *,
        sum(purchases) over (partition by customer_id) as customer_purchases
    from bought
    where buyers >= {{ var('minimum_cell_size') }}

),

-- Over all items the products of a customer add up to the square of all purchases.
sums as (

    select
        segment_id,
        item_kind,
        item,
        count(*) as buyers,
        sum(purchases) as purchases,
        sum(purchases * purchases) as squares,
        sum(purchases * customer_purchases) as products
    from counted
    group by segment_id, item_kind, item

),

-- A segment that did not buy an item is there too. Small cells are empty.
compared as (

    select
        segment_sizes.*,
        items.item_kind,
        items.item,
        {%- for name in ['buyers', 'purchases', 'squares', 'products'] %}
        sums.{{ name }},
        sum(sums.{{ name }}) over by_segment as segment_{{ name }},
        sum(sums.{{ name }}) over by_item as item_{{ name }},
        sum(sums.{{ name }}) over () as all_{{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from segment_sizes
    cross join (
        select distinct
            item_kind,
            item
        from bought
    ) as items
    left join sums
        on segment_sizes.segment_id = sums.segment_id
            and items.item_kind = sums.item_kind
            and items.item = sums.item
    window
        by_segment as (partition by segment_sizes.segment_id),
        by_item as (partition by items.item_kind, items.item)

),

final as (

    select
        ---------- ids
        cast(segment_id as bigint) as segment_id,
        segmentation_version,

        ---------- strings
        segment_name,
        item_kind,
        item,

        ---------- numerics
        customers,
        buyers,
        cast(purchases as bigint) as purchases,
        round(purchases / segment_purchases, 6) as segment_purchase_share,
        round(item_purchases / all_purchases, 6) as overall_purchase_share,
        {%- for name, side in {'lift': 0, 'lift_low': -1, 'lift_high': 1}.items() %}
        round({{ lift_bound(side) }}, 6) as {{ name }},
        {%- endfor %}

        ---------- booleans
        buyers is null as is_suppressed,
        coalesce(buyers >= {{ var('minimum_reliable_customers') }}, false)
            as is_reliable,

        ---------- dates
        observation_date
    from compared

)

select * from final
