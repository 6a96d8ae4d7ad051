{#
    At the end of a command: which claims of the tests `holds` are broken, and in how many
    rows, because dbt names the test alone.
#}
{% macro tell_of_broken_conditions(results) %}
    {% for result in results if result.status in ['fail', 'warn']
        and result.node.package_name == 'customer_segmentation'
        and result.node.test_metadata and result.node.test_metadata.name == 'holds'
        and 'conditions' in result.node.test_metadata.kwargs %}
        {% do log(
            result.node.name ~ ': ' ~ broken_conditions(result.node.compiled_code),
            info=true
        ) %}
    {% endfor %}
{% endmacro %}


{# The claims that rows of such a test break, each with the number of rows. #}
{% macro broken_conditions(found) %}
    {% set words = [] %}
    {% for claims, row_count in run_query(
        'select broken, count(*) from (' ~ found ~ ') as found'
        ~ ' group by broken order by count(*) desc, broken asc'
    ).rows %}
        {% do words.append(claims ~ ' (' ~ row_count ~ ')') %}
    {% endfor %}
    {{ return(words | join('; ')) }}
{% endmacro %}
