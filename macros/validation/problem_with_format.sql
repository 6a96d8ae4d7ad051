{# Why this version cannot go on with a warehouse, as a sentence; none if it can. #}
{% macro problem_with_format() %}
    {% set build_log = our_relation('int_build_log') %}
    {% if 'data_format' not in columns_of(build_log) %}
        {{ return(none) }}
    {% endif %}
    {% set rows = run_query(
        "select data_format, project_version from " ~ build_log
        ~ " where data_format > " ~ data_format() ~ " order by happened_at desc limit 1"
    ).rows %}
    {% if rows %}
        {{ return(
            'this warehouse is of version ' ~ rows[0][1] ~ ' of this project, which keeps '
            ~ 'registry and history in format ' ~ rows[0][0] ~ '; expected at most format '
            ~ data_format() ~ '. Nothing was changed.'
        ) }}
    {% endif %}
    {{ return(none) }}
{% endmacro %}


{% macro problem_with_columns(name, relation, columns) %}
    {% set missing = carried_columns()[name] | reject('in', columns) | list %}
    {% if missing %}
        {{ return(
            'table ' ~ relation.schema ~ '.' ~ relation.identifier ~ ' has no column '
            ~ spoken(missing, 'or') ~ '; expected ' ~ expectation_of_warehouse()
        ) }}
    {% endif %}
    {{ return(none) }}
{% endmacro %}


{#
    Every version has the facts that scoring, naming and the next fit read, and as many
    segments as it says.
#}
{% macro problem_with_registry(relation) %}
    {% set facts = [
        'method', 'scorer', 'n_segments', 'configuration_hash', 'training_date',
        'drift_reference_date', 'fit_reason', 'fitted_at'
    ] %}
    {% set sizes = ['scoring_order', 'training_customers'] %}
    {# One of before segmentations had names. #}
    {% set name = 'segmentation_name' if has_segmentation_name(relation)
        else "'" ~ segmentation_name() ~ "'" %}
    {% set rows = run_query(
        "select " ~ name ~ ", segmentation_version"
        ~ ", string_agg(distinct parameter, ' ') as facts"
        ~ ", max(case when parameter = 'n_segments' then number_value end)"
        ~ ", count(distinct case when parameter = '" ~ sizes[0] ~ "' then segment_id end)"
        ~ ", count(distinct case when parameter = '" ~ sizes[1] ~ "' then segment_id end)"
        ~ " from " ~ relation ~ " group by all order by all"
    ).rows %}
    {% for name, version, parameters, n_segments, ordered, counted in rows %}
        {% set missing = facts | reject('in', parameters.split(' ')) | list %}
        {% for size, count in [(sizes[0], ordered), (sizes[1], counted)]
            if n_segments is not none and count != n_segments %}
            {% do missing.append(size ~ ' of every segment') %}
        {% endfor %}
        {% if missing %}
            {{ return(
                'segmentation version ' ~ version
                ~ (' of ' ~ name if name != segmentation_name() else '')
                ~ ' in ' ~ relation.schema ~ '.' ~ relation.identifier
                ~ ' has no ' ~ spoken(missing, 'or')
                ~ '; expected ' ~ expectation_of_warehouse()
            ) }}
        {% endif %}
    {% endfor %}
    {{ return(none) }}
{% endmacro %}


{% macro expectation_of_warehouse() %}
    {{ return(
        'a warehouse that a version of this project made that this one can go on with, '
        ~ 'or a new file. Nothing was changed.'
    ) }}
{% endmacro %}
