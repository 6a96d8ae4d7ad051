{# The metastore that comes with Spark has no room for the text of so long a view. #}
{{ config(materialized='view' if target.type == 'duckdb' else 'table') }}

with

{% for system, entity in staged_tables() %}
{{ system }}_{{ entity }} as (

    {{ faulty_values(system, entity) }}

),

{% endfor %}
unioned as (

    {% for system, entity in staged_tables() %}
    select * from {{ system }}_{{ entity }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

-- Of a record kept every faulty value counts, of a rejected one the reason. What was
-- read as a time or a known word is no name and no number of a phone; what was read as
-- an id or an amount is no name: to look for one takes long, and they are many.
faults as (

    select
        *,
        coalesce(issue = 'reformatted_value', false)
        and kind in ({{ quoted(['date', 'timestamp', 'currency'] + kinds_of_words()) }})
            as is_understood,
        coalesce(issue = 'reformatted_value', false)
        and kind <> 'text'
        and not is_personal_table
            as is_no_name
    from unioned
    where column_name = rejection_column
        or (rejection_column is null and issue is not null)

),

sought_owners as (

    select distinct
        source_system,
        customer_id
    from faults
    where not is_no_name and own_text is null and customer_id is not null

),

-- The names and numbers of those whose records they are, from all of their records.
owners as (

    {{ texts_of_owners() }}

),

owned as (

    select
        faults.*,
        coalesce(faults.own_text, owners.own_text) as owner_text
    from faults
    left join owners
        on faults.source_system = owners.source_system
            and faults.customer_id = owners.customer_id

),

final as (

    select
        ---------- ids
        customer_id,

        ---------- strings
        entity,
        record_key,
        column_name,
        case
            when is_personal_column
                or (is_personal_table and issue = 'unparseable_value')
                then {{ masked('raw_value') }}
            when is_understood then raw_value
            when {{ has_contact('raw_value', "(kind = 'id')") }}
                then {{ masked('raw_value') }}
            when is_no_name then raw_value
            when {{ shares_a_word(
                personal_text('raw_value', 'raw_value'), 'owner_text'
            ) }}
                then {{ masked('raw_value') }}
            else raw_value
        end as raw_value,
        coalesce(rejection_issue, issue) as issue,
        case
            when rejection_column is not null then 'rejected'
            when issue = 'reformatted_value' then 'repaired'
            else 'nulled'
        end as action,
        source_system
    from owned

)

select * from final
