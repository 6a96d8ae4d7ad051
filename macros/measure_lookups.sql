{# The names of the measures that a window has. #}
{% macro measures_in_window(evaluation_window) %}
    {% set names = [] %}
    {% for name, facts in measures().items() if evaluation_window in facts.columns %}
        {% do names.append(name) %}
    {% endfor %}
    {{ return(names) }}
{% endmacro %}


{# The names of the measures that share a feature with some others. #}
{% macro measures_of_features(features) %}
    {% set names = [] %}
    {% for name, facts in measures().items() %}
        {% if facts.shared_features | select('in', features) | list %}
            {% do names.append(name) %}
        {% endif %}
    {% endfor %}
    {{ return(names) }}
{% endmacro %}


{# The columns of the measures whose interval is of one of these kinds. #}
{% macro columns_of_measures(intervals) %}
    {% set columns = [] %}
    {% for facts in measures().values() if facts.interval in intervals %}
        {% do columns.extend(facts.columns.values()) %}
    {% endfor %}
    {{ return(columns) }}
{% endmacro %}


{# A value of the column `measure`, kept on its scale. Null stays null. #}
{% macro on_scale_of_measure(value) -%}
    case
        when {{ value }} is null then null
        {%- for name, facts in measures().items() if facts.scale %}
        when measure = '{{ name }}'
            then least(
                greatest({{ value }}, {{ facts.scale[0] }}), {{ facts.scale[1] }}
            )
        {%- endfor %}
        else {{ value }}
    end
{%- endmacro %}


{# By which identity money follows from the column `measure`; `none` where none does. #}
{% macro money_identity_of_measure() -%}
    case measure
        {%- for name, facts in measures().items() if facts.money %}
        when '{{ name }}' then '{{ facts.money.identity }}'
        {%- endfor %}
        else 'none'
    end
{%- endmacro %}


{# The days over which money follows from the column `measure`; null where none does. #}
{% macro money_horizon_of_measure() -%}
    case measure
        {%- for name, facts in measures().items() if facts.money %}
        when '{{ name }}' then {{ valid_var(facts.money.horizon) }}
        {%- endfor %}
    end
{%- endmacro %}


{# The measure that an outcome of campaigns, in the column `outcome`, is a change of. #}
{% macro measure_of_campaign_outcome() -%}
    case outcome
        {%- for name, facts in measures().items()
            if facts.money and facts.money.campaign_outcome %}
        when '{{ facts.money.campaign_outcome }}' then '{{ name }}'
        {%- endfor %}
    end
{%- endmacro %}
