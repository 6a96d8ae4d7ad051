{#
    Customers who have bought in each bin of each feature on every date, in one pass: how
    many are not above a bound is a count of its own, and what a bin holds is the
    difference of two. Giving every value its bin first would take twice as long.
#}
{% set bounds_of = binned_features() %}

with

customer_features as (

    select * from {{ ref('customer_features') }}
    where is_never_buyer is not true

),

registry as (

    select registry.*
    from {{ ref('segmentation_registry') }} as registry
    inner join {{ ref('segmentation_versions') }} as versions
        on registry.segmentation_name = versions.segmentation_name
            and registry.segmentation_version = versions.segmentation_version
    where versions.is_in_use
        and versions.segmentation_name = '{{ segmentation_name() }}'
        and registry.unit_number is not null

),

training_bins as (

    select
        feature_name,
        unit_number as bin_number,
        cast({{ registry_parameter('training_bin_count') }} as bigint)
            as training_customers
    from registry
    where segment_id is null
        and parameter = 'training_bin_count'
    group by feature_name, unit_number

),

{% if bounds_of %}

-- All bounds in one row, so that counting is comparing columns.
bounds as (

    select
        {%- for feature, bound_count in bounds_of.items() %}
        {%- for bin_number in range(1, bound_count + 1) %}
        max(number_value) filter (
            where feature_name = '{{ feature }}' and unit_number = {{ bin_number }}
        ) as {{ feature }}__{{ bin_number }},
        {%- endfor %}
        {%- endfor %}
        count(*) as bound_count
    from registry
    where parameter = 'training_bin_upper'

),

-- In bin 0 are the missing values; of the others, all up to the end of each bin. Where
-- all are missing count_if is null on one engine.
reached as (

    select
        customer_features.observation_date,
        {%- for feature, bound_count in bounds_of.items() %}
        cast(count_if(customer_features.{{ feature }} is null) as bigint)
            as {{ feature }}__0,
        {%- for bin_number in range(1, bound_count + 1) %}
        cast(
            coalesce(
                count_if(
                    customer_features.{{ feature }}
                    <= bounds.{{ feature }}__{{ bin_number }}
                ),
                0
            ) as bigint
        ) as {{ feature }}__{{ bin_number }},
        {%- endfor %}
        cast(count(customer_features.{{ feature }}) as bigint)
            as {{ feature }}__{{ bound_count + 1 }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from customer_features
    cross join bounds
    group by customer_features.observation_date

),

unpivoted as (

    select
        observation_date,
        {{ dbt.split_part('column_name', "'__'", 1) }} as feature_name,
        cast({{ dbt.split_part('column_name', "'__'", 2) }} as bigint) as bin_number,
        customers_reached
    from reached
    unpivot (
        customers_reached for column_name in (
            {%- for feature, bound_count in bounds_of.items() %}
            {%- for bin_number in range(bound_count + 2) %}
            {{ feature }}__{{ bin_number }}{{ ',' if not loop.last }}
            {%- endfor %}
            {{- ',' if not loop.last }}
            {%- endfor %}
        )
    )

),

counted as (

    select
        observation_date,
        feature_name,
        bin_number,
        case
            when bin_number <= 1 then customers_reached
            else customers_reached - lag(customers_reached) over (
                partition by observation_date, feature_name
                order by bin_number
            )
        end as customers
    from unpivoted

),

{% else %}

-- Nothing was fitted yet, or a version that stored no bins is in use.
counted as (

    select
        observation_date,
        cast(null as string) as feature_name,
        cast(null as int) as bin_number,
        cast(null as bigint) as customers
    from customer_features
    where false

),

{% endif %}

final as (

    select
        ---------- ids
        counted.feature_name,
        cast(counted.bin_number as bigint) as bin_number,

        ---------- numerics
        counted.customers,
        coalesce(training_bins.training_customers, 0) as training_customers,

        ---------- dates
        counted.observation_date
    from counted
    left join training_bins
        on counted.feature_name = training_bins.feature_name
            and counted.bin_number = training_bins.bin_number

)

select * from final
