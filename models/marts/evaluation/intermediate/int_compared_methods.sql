{{ config(materialized='view') }}

{# The list of var `segmentation_method` as a table: Python cannot read a macro. #}
{% set methods = var_rules()['segmentation_method']['one_of'] %}

with

final as (

    {% for method in methods %}
    select
        ---------- strings
        '{{ method }}' as method,

        ---------- numerics
        {{ loop.index }} as method_number
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from final
