{#
    Leaves nothing of ours but public tables in the target schema, where an earlier
    version of this project wrote everything, raw records among it: what no build can
    make again goes to the schema of the workings, with all its rows, and the rest is
    dropped.
#}
{% macro carry_over() %}
    {% if not execute %}
        {{ return('') }}
    {% endif %}
    {% set nodes = our_nodes() %}
    {% do drop_gone_workings() %}
    {% if not is_former_warehouse() %}
        {% do add_segmentation_name(nodes) %}
        {{ return('') }}
    {% endif %}
    {% set kept = kept_tables() %}
    {% set moved = [] %}
    {% set dropped = [] %}
    {% for relation in former_relations(nodes, kept) %}
        {% if relation.identifier in kept %}
            {% do move(relation, nodes[kept[relation.identifier]]) %}
            {% do moved.append(relation.identifier) %}
        {% else %}
            {% do adapter.drop_relation(relation) %}
            {% do dropped.append(relation.identifier) %}
        {% endif %}
    {% endfor %}
    {% do add_segmentation_name(nodes) %}
    {% do log(
        'Schema ' ~ target.schema ~ ' is now for public tables. Moved out of it: '
        ~ spoken(moved, 'and') ~ '. Dropped from it: '
        ~ spoken(dropped, 'and') ~ '.', info=true
    ) %}
{% endmacro %}


{#
    Workings that nothing makes any more, or makes in another schema, could hold for ever
    what is erased elsewhere.
#}
{% macro drop_gone_workings() %}
    {% set nodes = our_nodes() %}
    {% set schema = nodes['segmentation_registry'].schema %}
    {% set gone = [
        'int_customer_item_bits', 'int_customer_items_purchased', 'int_item_rankings',
        'int_segment_derived_names', 'int_segment_item_buyers', 'int_segment_name_words'
    ] %}
    {% for name, node in nodes.items() if node.path.startswith('staging/')
        and node.schema != schema %}
        {% do gone.append(name) %}
    {% endfor %}
    {% for name in gone %}
        {% set relation = adapter.get_relation(target.database, schema, name) %}
        {% if relation is not none %}
            {% do adapter.drop_relation(relation) %}
        {% endif %}
    {% endfor %}
{% endmacro %}


{# The tables that no build can make again: what each was called and is called now. #}
{% macro kept_tables() %}
    {{ return({
        'segmentation_registry': 'segmentation_registry',
        'int_passed_input_totals': 'int_passed_input_totals',
        'customer_segments_history': 'customer_segment_snapshot'
    }) }}
{% endmacro %}


{# The project's models, seeds and snapshots by name. #}
{% macro our_nodes() %}
    {% set nodes = {} %}
    {% for node in graph.nodes.values()
        if node.package_name == 'customer_segmentation'
        and node.resource_type in ['model', 'seed', 'snapshot'] %}
        {% do nodes.update({node.name: node}) %}
    {% endfor %}
    {{ return(nodes) }}
{% endmacro %}


{# Where a node of the project is: a hook may not ref() what is private. #}
{% macro our_relation(name) %}
    {% set node = our_nodes()[name] %}
    {{ return(api.Relation.create(
        database=node.database, schema=node.schema, identifier=node.alias, type='table'
    )) }}
{% endmacro %}


{# Only such a version has the registry in the target schema. #}
{% macro is_former_warehouse() %}
    {{ return(
        adapter.get_relation(target.database, target.schema, 'segmentation_registry')
        is not none
    ) }}
{% endmacro %}


{# The relations in the target schema that were ours and are not public. #}
{% macro former_relations(nodes, kept) %}
    {% set names = former_names() + kept | list %}
    {% for name, node in nodes.items() if node.schema != target.schema %}
        {# A company's own raw tables may have the names of the seeds. #}
        {% if not (name.startswith('raw_') and has_own_records()) %}
            {% do names.append(name) %}
        {% endif %}
    {% endfor %}
    {% set relations = [] %}
    {% for name in names | unique | sort %}
        {% do relations.append(
            adapter.get_relation(target.database, target.schema, name)
        ) %}
    {% endfor %}
    {{ return(relations | select | list) }}
{% endmacro %}


{#
    Move a table to where a node is. A copy that is there already is of a build that ended
    between copying and dropping, before anything was built.
#}
{% macro move(relation, node) %}
    {% set destination = api.Relation.create(
        database=node.database, schema=node.schema, identifier=node.alias, type='table'
    ) %}
    {% do adapter.create_schema(destination) %}
    {% do run_query(
        'create or replace table ' ~ destination ~ ' as select * from ' ~ relation
    ) %}
    {% do adapter.cache_added(destination) %}
    {% do adapter.drop_relation(relation) %}
{% endmacro %}


{# What relations were called that have another name now, or none. #}
{% macro former_names() %}
    {{ return([
        'backtest_cells', 'backtest_groups', 'backtest_segment_sizes',
        'backtest_value_groups', 'campaign_uplift_tests', 'compared_methods',
        'customer_item_bits', 'customer_items_seen', 'customer_lifetime_expectations',
        'customer_lifetime_outcomes', 'customer_segment_states', 'drift_bin_counts',
        'drift_statistics', 'feature_bin_counts', 'feature_statistics',
        'int_changed_customer_ids', 'int_customers_known', 'int_early_buyers',
        'item_rankings', 'lifetime_value_fit', 'lifetime_value_horizons',
        'lifetime_value_pairs', 'lifetime_value_parameters', 'lifetime_value_terms',
        'lifetime_value_training', 'method_comparison_facts', 'network_assignments',
        'quadratic_assignments', 'ranked_recommendations', 'recommended_items',
        'rules_assignments', 'segment_campaign_arms', 'segment_derived_names',
        'segment_estimates', 'segment_feature_words', 'segment_identities',
        'segment_intervals', 'segment_item_buyers', 'segment_labels',
        'segment_measure_totals', 'segment_movements', 'segment_name_words',
        'segment_rule_counts', 'segment_sizes', 'segmentation_backtest_summary',
        'segmentation_preprocessing', 'segmentation_score_terms', 'training_overlap'
    ]) }}
{% endmacro %}
