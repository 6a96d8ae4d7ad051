{#
    A warning in the log of the build for each campaign whose arms differed before its
    first contact. The table is there already, and says of no row of it that it is
    reliable.
#}
{% macro report_unbalanced_campaigns() %}
    {# A build with --empty has no campaign to judge. #}
    {% if not execute or invocation_args_dict.get('empty') %}
        {{ return('') }}
    {% endif %}
    {% set rows = run_query(
        'select distinct campaign_id, segment_balance_p_value, spend_before_p_value,'
        ~ ' control_share_p_value from ' ~ this ~ ' where is_overall and not is_balanced order by campaign_id'
    ).rows %}
    {% for campaign_id, of_segments, of_spend, of_share in rows %}
        {% do exceptions.warn(
            'Treated and control customers of campaign ' ~ campaign_id
            ~ ' differed before the contact by more than a fair draw would have it ('
            ~ 'segments: p = ' ~ spoken_p_value(of_segments)
            ~ ', spend: p = ' ~ spoken_p_value(of_spend)
            ~ ('' if of_share is none
                else ', planned share of controls: p = ' ~ spoken_p_value(of_share))
            ~ '), so that none of its rows in segment_campaign_uplift is reliable.'
        ) %}
    {% endfor %}
{% endmacro %}


{# A p-value with two significant digits. #}
{% macro spoken_p_value(p_value) %}
    {{ return('not known' if p_value is none else '%.2g' % p_value) }}
{% endmacro %}
