{{ config(enabled=('complete_journey' in valid_var('source_systems'))) }}

{% set age_brackets = complete_journey_age_brackets() %}
{% set income_brackets = complete_journey_income_brackets() %}

with

transactions as (

    select * from {{ source('complete_journey', 'transactions') }}

),

demographics as (

    select * from {{ source('complete_journey', 'demographics') }}

),

-- Demographics are known for a third of the households that buy.
households as (

    select household_id from transactions
    union distinct
    select household_id from demographics

),

-- The columns of the input contract that the source has.
final as (

    select
        cast(households.household_id as string) as customer_id,
        cast(
            {{ bracket_midpoint('demographics.age', age_brackets) }} as bigint
        ) as age,
        cast(
            {{ bracket_midpoint('demographics.income', income_brackets) }}
            as decimal(18, 4)
        ) as income
    from households
    left join demographics
        on households.household_id = demographics.household_id

)

select * from final
