{% set features = candidate_features() %}
{% set numbers = [
    'customers_measured', 'contributors', 'mean_value', 'standard_deviation',
    'quantile_25', 'median_value', 'quantile_75', 'overall_mean_of_large',
    'overall_standard_deviation'
] %}
{# As in int_segment_intervals: what is hidden there must not be told here. #}
{% set total = [
    'segmentation_name', 'feature_name', 'segment_id = ' ~ never_buyers_segment_id()
] %}

{#
    Read twice, so it is no CTE: an engine keeps a CTE that is used twice, and this is
    every customer with every feature.
#}
{% set profiled_customers %}
    select
        assignments.segmentation_name,
        assignments.segment_id,
        assignments.customer_id,
        {%- for feature in candidate_features() %}
        cast(customer_features.{{ feature }} as double) as {{ feature }},
        {%- endfor %}
        customer_features.observation_date
    from {{ ref('customer_features') }} as customer_features
    inner join {{ ref('customer_segment_assignments') }} as assignments
        on customer_features.observation_date = assignments.observation_date
            and customer_features.customer_id = assignments.customer_id
    inner join {{ ref('int_observation_dates') }} as observation_dates
        on customer_features.observation_date = observation_dates.observation_date
            and observation_dates.is_current
{% endset %}

with

profiled as (

    {{ profiled_customers }}

),

-- Segments, and all customers as the segment null, in one pass.
moments as (

    select
        segmentation_name,
        segment_id,
        count(*) as customers,
        {%- for feature in features %}
        count({{ feature }}) as {{ feature }}__customers_measured,
        count(nullif({{ feature }}, 0)) as {{ feature }}__contributors,
        {{ exact_mean(feature) }} as {{ feature }}__mean_value,
        stddev_pop({{ feature }}) as {{ feature }}__standard_deviation,
        {%- endfor %}
        grouping(segment_id) as is_overall
    from profiled
    group by segmentation_name, rollup(segment_id)

),

-- Exact quantiles need every value in memory: a bounded sample of customers has to do.
sampled_customers as (

    select
        assignments.segmentation_name,
        assignments.customer_id,
        row_number() over (
            partition by assignments.segmentation_name, assignments.segment_id
            order by md5(assignments.customer_id), assignments.customer_id
        ) as sample_number
    from {{ ref('customer_segment_assignments') }} as assignments
    inner join {{ ref('int_observation_dates') }} as observation_dates
        on assignments.observation_date = observation_dates.observation_date
            and observation_dates.is_current

),

sampled as (

    select profiled_again.*
    from ({{ profiled_customers }}) as profiled_again
    inner join sampled_customers
        on profiled_again.segmentation_name = sampled_customers.segmentation_name
            and profiled_again.customer_id = sampled_customers.customer_id
    where sampled_customers.sample_number <= {{ var('training_sample_rows') }}

),

quartiles as (

    select
        segmentation_name,
        segment_id,
        {%- for feature in features %}
        {{ quartiles(feature) }} as {{ feature }}__quartiles,
        {%- endfor %}
        count(*) as sampled_customers
    from sampled
    group by segmentation_name, segment_id

),

overall as (

    select * from moments
    where is_overall = 1

),

measured as (

    select
        moments.*,
        {%- for feature in features %}
        {%- for name in ['quantile_25', 'median_value', 'quantile_75'] %}
        {{ quartile('quartiles.' ~ feature ~ '__quartiles', loop.index) }}
            as {{ feature }}__{{ name }},
        {%- endfor %}
        case
            when {{ is_large_cell(
                ['overall.' ~ feature ~ '__customers_measured'],
                ['overall.' ~ feature ~ '__contributors']
            ) }} then overall.{{ feature }}__mean_value
        end as {{ feature }}__overall_mean_of_large,
        overall.{{ feature }}__standard_deviation
            as {{ feature }}__overall_standard_deviation
        {{- ',' if not loop.last }}
        {%- endfor %}
    from moments
    left join quartiles
        on moments.segmentation_name = quartiles.segmentation_name
            and moments.segment_id = quartiles.segment_id
    inner join overall
        on moments.segmentation_name = overall.segmentation_name
    where moments.is_overall = 0

),

-- A segment without a value of a feature keeps its row.
unpivoted as (

    select * from measured
    unpivot include nulls (
        (
            {{ numbers | join(',\n            ') }}
        ) for feature_name in (
            {%- for feature in features %}
            (
                {%- for number in numbers %}
                {{ feature }}__{{ number }}{{ ',' if not loop.last }}
                {%- endfor %}
            ) as {{ feature }}{{ ',' if not loop.last }}
            {%- endfor %}
        )
    )

),

judged as (

    select
        *,
        {{ is_shown_cell(
            customers=['customers_measured'],
            contributors=['contributors'],
            total=total,
            ties='segment_id',
            is_published='segment_id is not null'
        ) }} as is_shown
    from unpivoted

),

told as (

    select
        *,
        {{ tells_of_few(
            ['customers_measured'], ['contributors'], 'is_shown', total
        ) }} as tells_of_few
    from judged

),

compared as (

    select
        *,
        case
            when not bool_or(tells_of_few)
                    over (partition by segmentation_name, feature_name)
                then overall_mean_of_large
        end as overall_mean
    from told

),

labels as (

    select labels.*
    from {{ ref('int_segment_labels') }} as labels
    inner join {{ ref('segmentation_versions') }} as versions
        on labels.segmentation_name = versions.segmentation_name
            and labels.segmentation_version = versions.segmentation_version
    where versions.is_in_use

),

final as (

    select
        ---------- ids
        compared.segmentation_name,
        compared.segment_id,
        compared.feature_name,

        ---------- strings
        labels.segment_name,

        ---------- numerics
        compared.customers,
        compared.customers_measured,
        round(1 - compared.customers_measured / cast(compared.customers as double), 6)
            as missing_share,
        {%- for column in [
            'mean_value', 'standard_deviation', 'quantile_25', 'median_value',
            'quantile_75', 'overall_mean'
        ] %}
        case
            when compared.is_shown
                then round(compared.{{ column }}, 6)
        end as {{ column }},
        {%- endfor %}
        case
            when compared.is_shown
                then round(
                    (compared.mean_value - compared.overall_mean)
                    / nullif(compared.overall_standard_deviation, 0),
                    6
                )
        end as difference_in_standard_deviations,

        ---------- booleans
        not compared.is_shown as is_suppressed
    from compared
    inner join labels
        on compared.segmentation_name = labels.segmentation_name
            and compared.segment_id = labels.segment_id

)

select * from final
