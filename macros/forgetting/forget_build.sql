{#
    Take back what one build recorded for good, as after a build of wrong input:

        dbt run-operation forget_build --args '{build_id: ...}'

    The history is then as if that build had never been, and so are the versions that it
    fitted. Everything happens in one transaction.
#}
{% macro forget_build(build_id=none) %}
    {% do refuse(problem_with_build(build_id)) %}
    {% set window = window_of_build(build_id) %}
    {% set versions = versions_of_build(window) %}
    {% do refuse(problem_with_versions(build_id, versions, window)) %}
    {% set statements = [forget_time_before_history(window)] %}
    {% set counts = [] %}
    {% for name in ['customer_segment_snapshot', 'segment_name_snapshot']
        if is_there(name) %}
        {% do counts.append(rows_of_build(name, window) ~ ' rows of ' ~ name) %}
        {% do statements.append(forget_in_snapshot(name, window)) %}
    {% endfor %}
    {% if versions %}
        {% do counts.append(
            'segmentation version ' ~ versions_in_words(versions)
        ) %}
        {% do statements.append(
            'delete from ' ~ our_relation('segmentation_registry')
            ~ ' where ' ~ is_version_of_build(versions)
        ) %}
    {% endif %}
    {% for name in ['int_audience_states', 'int_build_tables'] if is_there(name) %}
        {% do statements.append(
            'delete from ' ~ our_relation(name) ~ " where build_id = '" ~ build_id ~ "'"
        ) %}
    {% endfor %}
    {% do statements.append(forget_in_build_log(build_id)) %}
    {% call statement('forget', auto_begin=true) %}
        {{ statements | select | join(';\n') }}
    {% endcall %}
    {% do adapter.commit() %}
    {% do log(
        'Forgot what build ' ~ build_id ~ ' recorded: ' ~ spoken(counts, 'and')
        ~ '. Tables hold it until the next dbt build.', info=true
    ) %}
{% endmacro %}


{# Why a build cannot be forgotten, as a sentence; none if it can. #}
{% macro problem_with_build(build_id) %}
    {% if not has_build_log() %}
        {{ return('this warehouse has no log of builds; expected one that dbt build made.') }}
    {% endif %}
    {% set known = run_query(
        "select build_id from " ~ our_relation('int_build_log')
        ~ " where event = 'began' and build_id not in (select build_id from "
        ~ our_relation('int_build_log') ~ " where status = 'forgotten')"
        ~ " order by happened_at desc"
    ).columns[0].values() | list %}
    {% if build_id not in known %}
        {{ return(
            'build_id is ' ~ shown(build_id) ~ '; expected that of a build in table builds'
            ~ (', the last of which is ' ~ known[0] if known else ', which has none')
            ~ '.'
        ) }}
    {% endif %}
    {{ return(none) }}
{% endmacro %}


{#
    A condition on the time in a column: that it is within a build. One that was stopped
    lasted until the next one at most: two never run at once.
#}
{% macro window_of_build(build_id) %}
    {% set build_log = our_relation('int_build_log') %}
    {% set from_moment, to_moment = run_query(
        "select cast(began.happened_at as string), cast(coalesce("
        ~ "min(ended.happened_at), min(following.happened_at)) as string)"
        ~ " from " ~ build_log ~ " as began"
        ~ " left join " ~ build_log ~ " as ended"
        ~ " on began.build_id = ended.build_id and ended.event = 'ended'"
        ~ " left join " ~ build_log ~ " as following"
        ~ " on began.happened_at < following.happened_at and following.event = 'began'"
        ~ " where began.build_id = '" ~ build_id ~ "' and began.event = 'began'"
        ~ " group by began.happened_at"
    ).rows[0] %}
    {# Times of snapshots are in the time zone of the session. #}
    {% set local = "cast(cast('{}+00:00' as timestamp with time zone) as timestamp)" %}
    {% set condition = 'cast({0} as timestamp) >= ' ~ local.format(from_moment) %}
    {% if to_moment is not none %}
        {% set condition = condition
            ~ ' and cast({0} as timestamp) <= ' ~ local.format(to_moment) %}
    {% endif %}
    {{ return('(' ~ condition ~ ')') }}
{% endmacro %}
