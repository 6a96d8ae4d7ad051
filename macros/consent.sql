{#
    Consent to marketing. int_contactable_customers says who may be addressed; what
    picks customers to address (recommendations, a budget, a campaign) reads it there.
#}

{#
    Whether only customers who agreed may be addressed: var require_consent, and where
    that is `auto` whether any value of has_marketing_consent can be read.
#}
{% macro is_consent_required(values_readable) -%}
    {%- set rule = valid_var('require_consent') -%}
    {%- if rule == 'auto' -%}
        coalesce({{ values_readable }}, 0) > 0
    {%- else -%}
        {{ 'true' if rule else 'false' }}
    {%- endif -%}
{%- endmacro %}


{# Says in the log of a build whether consent was required, and of how many it left. #}
{% macro report_consent() %}
    {% if not execute or invocation_args_dict.get('empty') %}
        {{ return('') }}
    {% endif %}
    {% set customers, required, contactable = run_query(
        'select count(*), count_if(is_consent_required), count_if(is_contactable) from '
        ~ this
    ).rows[0] %}
    {% if required %}
        {% set sentence = 'Consent to marketing is required: ' ~ contactable ~ ' of '
            ~ customers ~ ' customers gave it and may be addressed' %}
    {% else %}
        {% set sentence = 'Consent to marketing is not required: all ' ~ customers
            ~ ' customers may be addressed' %}
    {% endif %}
    {% set rule = valid_var('require_consent') %}
    {% set reason = rule | lower %}
    {% if rule == 'auto' %}
        {% set reason = 'auto: ' ~ ('a value' if required else 'no value')
            ~ ' of customers.has_marketing_consent can be read' %}
    {% endif %}
    {% do log(sentence ~ ' (var require_consent is ' ~ reason ~ ').', info=true) %}
{% endmacro %}
