{#
    A warning in the log of the build where the version in use was chosen among numbers
    of segments of which none explains anything of the next window: at each the
    explanation may well be none, within its interval. The table is there already.
#}
{% macro report_nothing_to_segment() %}
    {# A build with --empty has no candidate to judge. #}
    {% if not execute or invocation_args_dict.get('empty') %}
        {{ return('') }}
    {% endif %}
    {% set rows = run_query(
        'select segmentation_name, min(k), max(k) from ' ~ this ~ ' where is_in_use'
        ~ ' group by segmentation_name having bool_and('
        ~ 'explanation <= ' ~ normal_quantile() ~ ' * explanation_error)'
        ~ ' order by segmentation_name'
    ).rows %}
    {% for name, first_k, last_k in rows %}
        {% do exceptions.warn(
            'There is nothing to segment by these features'
            ~ (' in ' ~ name if name != segmentation_name() else '')
            ~ ': from ' ~ first_k ~ ' to ' ~ last_k ~ ' segments explain '
            ~ 'nothing of what customers do in the next '
            ~ 'window (see segmentation_k_candidates.explanation).'
        ) %}
    {% endfor %}
{% endmacro %}
