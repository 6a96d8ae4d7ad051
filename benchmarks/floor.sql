-- The least SQL that gives each customer of the benchmark the segment that the warehouse
-- gives them: as of one date, from records that are known to be clean, by the centroids
-- that were fitted. The variable `folder` has the raw files, and the warehouse is
-- attached as `warehouse`.

set variable centers = (
    select map(list(feature_name), list(center))
    from warehouse.main_internal.int_segmentation_preprocessing
);

set variable units = (
    select map(list(feature_name), list(scale / weight))
    from warehouse.main_internal.int_segmentation_preprocessing
);

create temp macro scaled(feature_name, feature) as
    (sign(feature) * ln(1 + abs(feature)) - getvariable('centers')[feature_name])
    / getvariable('units')[feature_name];

create temp table centroids as
pivot (
    select
        segment_id,
        feature_name,
        centroid
    from warehouse.main.segmentation_centroids
)
on feature_name in (
    'trailing_spend',
    'trailing_order_count',
    'total_spend',
    'order_count',
    'average_order_value'
)
using any_value(centroid)
group by segment_id;

create table customer_segments as

with

orders as (

    select
        orders.customer_id,
        orders.status = 'completed' as is_order,
        orders.amount,
        if(is_order, orders.amount, -orders.amount) as spend,
        orders.ordered_at >= current_observation.trailing_start_date as is_recent
    from read_parquet(getvariable('folder') || '/orders/*.parquet') as orders
    inner join warehouse.main_internal.int_observation_dates as current_observation
        on orders.ordered_at < current_observation.observation_date
            and current_observation.is_current
    where orders.status <> 'cancelled'

),

features as (

    select
        customer_id,
        scaled('trailing_spend', coalesce(sum(spend) filter (where is_recent), 0))
            as trailing_spend,
        scaled(
            'trailing_order_count', count(*) filter (where is_recent and is_order)
        ) as trailing_order_count,
        scaled('total_spend', sum(spend)) as total_spend,
        scaled('order_count', count(*) filter (where is_order)) as order_count,
        scaled('average_order_value', avg(amount) filter (where is_order))
            as average_order_value
    from orders
    group by customer_id
    having bool_or(is_order)

),

nearest as (

    select
        features.customer_id,
        arg_min(
            centroids.segment_id,
            (features.trailing_spend - centroids.trailing_spend) ^ 2
            + (features.trailing_order_count - centroids.trailing_order_count) ^ 2
            + (features.total_spend - centroids.total_spend) ^ 2
            + (features.order_count - centroids.order_count) ^ 2
            + (features.average_order_value - centroids.average_order_value) ^ 2
        ) as segment_id
    from features
    cross join centroids
    group by features.customer_id

),

final as (

    select
        customers.customer_id,
        coalesce(nearest.segment_id, 0) as segment_id
    from read_parquet(getvariable('folder') || '/customers/*.parquet') as customers
    left join nearest
        on customers.customer_id = nearest.customer_id

)

select * from final;
