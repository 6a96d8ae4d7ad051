{#
    What the first build reconstructed of the time before it: the next build does so again
    where another one is the first now.
#}
{% macro forget_time_before_history(window) %}
    {% if not is_there('customer_segment_snapshot')
        or not is_there('int_segments_before_history') %}
        {{ return(none) }}
    {% endif %}
    {{ return(
        'delete from ' ~ our_relation('int_segments_before_history')
        ~ ' where segmentation_name in ('
        ~ 'select segmentation_name from ' ~ our_relation('customer_segment_snapshot')
        ~ ' group by segmentation_name having min(observation_date) is distinct from'
        ~ ' min(case when not ' ~ window.format('dbt_valid_from')
        ~ ' then observation_date end))'
    ) }}
{% endmacro %}


{# The versions that a build fitted, each as the name of its segmentation and a number. #}
{% macro versions_of_build(window) %}
    {% if not is_there('segmentation_registry') %}
        {{ return([]) }}
    {% endif %}
    {# The time of a fit has no fractions of seconds. #}
    {% set fitted_at = "(cast(text_value as timestamp with time zone)"
        ~ " + interval '999' millisecond)" %}
    {{ return(run_query(
        "select segmentation_name, cast(segmentation_version as bigint) from "
        ~ our_relation('segmentation_registry')
        ~ " where parameter = 'fitted_at' and " ~ window.format(fitted_at)
        ~ " order by segmentation_name <> '" ~ segmentation_name()
        ~ "', segmentation_name, segmentation_version"
    ).rows | map('list') | list) }}
{% endmacro %}


{# Whether a row is of one of these versions, or after it, of the same segmentation. #}
{% macro is_version_of_build(versions, operator='=') %}
    {% set conditions = [] %}
    {% for name, version in versions %}
        {% do conditions.append(
            "segmentation_name = '" ~ name ~ "' and segmentation_version "
            ~ operator ~ " " ~ version
        ) %}
    {% endfor %}
    {{ return('(' ~ conditions | join(' or ') ~ ')') }}
{% endmacro %}


{# Versions as a sentence has them: `2` of `default`, `1 of rfm` of another. #}
{% macro versions_in_words(versions) %}
    {% set words = [] %}
    {% for name, version in versions %}
        {% do words.append(
            version | int ~ (' of ' ~ name if name != segmentation_name() else '')
        ) %}
    {% endfor %}
    {{ return(spoken(words, 'and')) }}
{% endmacro %}


{# A version that later builds went by cannot go before them. #}
{% macro problem_with_versions(build_id, versions, window) %}
    {% if not versions %}
        {{ return(none) }}
    {% endif %}
    {% set of_build = is_version_of_build(versions) %}
    {% set later_versions = run_query(
        "select count(*) from " ~ our_relation('segmentation_registry')
        ~ " where " ~ is_version_of_build(versions, '>') ~ " and not " ~ of_build
    ).columns[0].values()[0] %}
    {% set later_rows = run_query(
        "select count(*) from " ~ our_relation('customer_segment_snapshot')
        ~ " where " ~ of_build ~ " and not " ~ window.format('dbt_valid_from')
    ).columns[0].values()[0] if is_there('customer_segment_snapshot') else 0 %}
    {% if later_versions or later_rows %}
        {{ return(
            'build ' ~ build_id ~ ' fitted segmentation version '
            ~ versions_in_words(versions)
            ~ ', which later builds went by; expected that they are forgotten first.'
        ) }}
    {% endif %}
    {{ return(none) }}
{% endmacro %}


{# The log keeps that there was a build. #}
{% macro forget_in_build_log(build_id) %}
    {% set build_log = our_relation('int_build_log') %}
    {% set now = moment_in_words(modules.datetime.datetime.now(modules.pytz.utc)) %}
    {{ return(
        "insert into " ~ build_log ~ " (build_id, event, happened_at) select build_id,"
        ~ " 'ended', cast('" ~ now ~ "' as timestamp) from " ~ build_log
        ~ " where build_id = '" ~ build_id ~ "' group by build_id"
        ~ " having count(*) filter (where event = 'ended') = 0; "
        ~ "update " ~ build_log ~ " set status = 'forgotten'"
        ~ " where build_id = '" ~ build_id ~ "' and event = 'ended'"
    ) }}
{% endmacro %}
