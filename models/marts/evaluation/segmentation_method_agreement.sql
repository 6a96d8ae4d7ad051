with

pairs as (

    select * from {{ ref('int_method_comparison_facts') }}
    where parameter = 'adjusted_rand_index'

),

-- Each pair both ways, so that a reader who asks for one method finds all others.
both_ways as (

    select
        method,
        other_method,
        number_value
    from pairs
    union all
    select
        other_method as method,
        method as other_method,
        number_value
    from pairs

),

final as (

    select
        ---------- ids
        method,
        other_method,

        ---------- numerics
        round(number_value, 6) as adjusted_rand_index
    from both_ways

)

select * from final
