{#
    What each var must be. A rule has a kind and limits; problem_with_value reads it.

    kind            limits
    flag
    whole_number    minimum, maximum
    range           minimum, maximum (of a list of two whole numbers, the least first)
    number          minimum, maximum, above, below, one_of
    date            minimum, maximum
    time_zone
    characters      (a text that may be blank, or a whole number)
    acceptance      (a check of the input and a day, such as stray_records:2024-05-31)
    text            one_of, known (what known_words lists), containing, without, refused
                    (a text -> why not)
    list            of (the rule of its items), is_filled, any_of (one must be there)
    mapping         keys and values (a rule each), is_filled
    record          fields (name -> rule; needed unless is_optional, or `only_with` says
                    when)

    Any rule may say or_null, and or_words: texts that are allowed beside its kind. The
    items of a list are never the same twice.
#}
{% macro var_rules() %}
    {% set tomorrow = (run_started_at + modules.datetime.timedelta(days=1)).date() %}

    {% set feature = {
        'kind': 'record',
        'fields': {
            'name': {
                'kind': 'text',
                'known': 'features',
                'refused': {
                    'campaign_response_rate': 'uplift by segment would be circular'
                }
            },
            'impute': {
                'kind': 'text',
                'one_of': ['median', 'mean', 'mode', 'constant', 'zero']
            },
            'constant': {'kind': 'number', 'only_with': ['impute', 'constant']},
            'cap_quantile': {
                'kind': 'number', 'above': 0.5, 'below': 1, 'or_null': true
            },
            'transform': {'kind': 'text', 'one_of': ['none', 'log1p']},
            'scale': {'kind': 'text', 'one_of': ['standard', 'minmax', 'robust']},
            'weight': {'kind': 'number', 'above': 0}
        }
    } %}
    {% set features = {'kind': 'list', 'of': feature, 'is_filled': true} %}

    {% set rules = {
        'source_systems': {
            'kind': 'list',
            'of': {'kind': 'text', 'known': 'source systems'},
            'is_filled': true
        },
        'unprefixed_source_system': {
            'kind': 'text', 'known': 'source systems', 'or_null': true
        },
        'crm_tables': {
            'kind': 'list',
            'of': {'kind': 'text', 'known': 'raw tables'},
            'any_of': ['customers', 'orders', 'order_items', 'customer_summaries']
        },
        'crm_folder': {'kind': 'text', 'without': ["'", '"'], 'or_null': true},
        'crm_location': {'kind': 'text', 'containing': '{name}', 'or_null': true},
        'crm_locations': {
            'kind': 'mapping',
            'keys': {'kind': 'text', 'known': 'raw tables'},
            'values': {'kind': 'text'}
        },
        'crm_columns': {
            'kind': 'mapping',
            'keys': {'kind': 'text', 'known': 'columns of raw tables'},
            'values': {'kind': 'text'}
        },
        'csv_options': {
            'kind': 'mapping',
            'keys': {'kind': 'text', 'known': 'raw tables'},
            'values': {
                'kind': 'mapping',
                'keys': {'kind': 'text', 'known': 'options of text files'},
                'values': {'kind': 'characters'}
            }
        },
        'complete_journey_location': {
            'kind': 'text', 'without': ["'", '"'], 'or_null': true
        },
        'date_orders': {
            'kind': 'mapping',
            'keys': {'kind': 'text', 'known': 'date columns'},
            'values': {'kind': 'text', 'one_of': ['auto', 'day_first', 'month_first']}
        },
        'decimal_separators': {
            'kind': 'mapping',
            'keys': {'kind': 'text', 'known': 'number columns'},
            'values': {'kind': 'text', 'one_of': ['auto', 'comma', 'point']}
        },
        'time_zone': {'kind': 'time_zone'},
        'placeholder_values': {
            'kind': 'mapping',
            'keys': {'kind': 'text', 'known': 'columns'},
            'values': {
                'kind': 'list',
                'of': {'kind': 'text', 'without': ['|', "'", '"', '`', '\\']}
            }
        },
        'merge_duplicate_people': {'kind': 'flag'},
        'hash_customer_ids': {'kind': 'flag'},
        'accept_input': {'kind': 'list', 'of': {'kind': 'acceptance'}},
        'bucket_rows': {'kind': 'whole_number', 'minimum': 1000},
        'segmentation_tests': {'kind': 'text', 'one_of': ['all', 'keys']},

        'as_of_date': {
            'kind': 'date',
            'minimum': '1990-01-01',
            'maximum': tomorrow | string,
            'or_null': true
        },
        'observation_anchor': {'kind': 'date'},
        'outcome_window_days': {'kind': 'whole_number', 'minimum': 1, 'maximum': 3650},
        'observation_count': {'kind': 'whole_number', 'minimum': 1, 'maximum': 24},
        'minimum_history_days': {'kind': 'whole_number', 'minimum': 1, 'maximum': 3650},

        'custom_features': {
            'kind': 'list',
            'of': {
                'kind': 'record',
                'fields': {
                    'name': {'kind': 'text'},
                    'kind': {'kind': 'text', 'one_of': ['number', 'category']},
                    'words': {
                        'kind': 'mapping',
                        'keys': {'kind': 'text', 'one_of': ['low', 'high']},
                        'values': {'kind': 'text'},
                        'only_with': ['kind', 'number'],
                        'is_optional': true
                    },
                    'categories': {
                        'kind': 'mapping',
                        'keys': {'kind': 'text'},
                        'values': {'kind': 'text'},
                        'only_with': ['kind', 'category'],
                        'is_filled': true
                    }
                }
            }
        },
        'segmentation_features': features,
        'segmentation_features_extended': features,
        'maximum_missing_share': {'kind': 'number', 'minimum': 0, 'maximum': 1},

        'segmentation_method': {
            'kind': 'text',
            'one_of': [
                'kmeans',
                'mini_batch_kmeans',
                'bisecting_kmeans',
                'gaussian_mixture',
                'agglomerative',
                'dbscan',
                'hdbscan',
                'spectral',
                'rfm_rules',
                'decision_tree',
                'svm',
                'neural_network'
            ]
        },
        'n_segments': {
            'kind': 'whole_number', 'minimum': 2, 'maximum': 50, 'or_words': ['auto']
        },
        'k_range': {'kind': 'range', 'minimum': 2, 'maximum': 50},
        'bootstrap_count': {'kind': 'whole_number', 'minimum': 2, 'maximum': 1000},
        'prediction_strength_splits': {
            'kind': 'whole_number', 'minimum': 1, 'maximum': 1000
        },
        'selection_sample_rows': {
            'kind': 'whole_number', 'minimum': 50, 'maximum': 10000000
        },
        'training_sample_rows': {
            'kind': 'whole_number', 'minimum': 50, 'maximum': 10000000
        },
        'random_state': {'kind': 'whole_number', 'minimum': 0, 'maximum': 4294967295},
        'minimum_scoring_agreement': {
            'kind': 'number', 'minimum': 0.5, 'maximum': 1
        },
        'maximum_scoring_leaves': {
            'kind': 'whole_number', 'minimum': 2, 'maximum': 1000
        },
        'refit': {'kind': 'flag', 'or_words': ['on_drift']},
        'minimum_match_similarity': {'kind': 'number', 'above': 0, 'maximum': 1},
        'segmentation_version': {'kind': 'whole_number', 'minimum': 1, 'or_null': true},
        'maximum_rule_leaves': {'kind': 'whole_number', 'minimum': 2, 'maximum': 1000},

        'lifetime_horizon_days': {
            'kind': 'whole_number', 'minimum': 1, 'maximum': 3650
        },
        'annual_discount_rate': {'kind': 'number', 'minimum': 0, 'maximum': 1},
        'minimum_repeat_buyers': {'kind': 'whole_number', 'minimum': 10},
        'lifetime_value_sample_rows': {
            'kind': 'whole_number', 'minimum': 50, 'maximum': 10000000
        },

        'confidence_level': {'kind': 'number', 'one_of': [0.8, 0.9, 0.95, 0.99]},
        'minimum_reliable_customers': {'kind': 'whole_number', 'minimum': 1},
        'minimum_cell_size': {'kind': 'whole_number', 'minimum': 1},
        'require_consent': {'kind': 'flag', 'or_words': ['auto']},
        'margin_rate': {'kind': 'number', 'above': 0, 'maximum': 1},
        'campaign_budget': {
            'kind': 'number', 'minimum': 0, 'maximum': 10000000000
        },
        'allocate_assumed_effects': {'kind': 'flag'},
        'segmentation_metrics': {'kind': 'flag'},
        'segmentation_comparison': {'kind': 'flag'}
    } %}

    {# What sets a segmentation apart is what the vars say of `default`. #}
    {% set fields = {
        'name': {'kind': 'text'}, 'filter': {'kind': 'text', 'is_optional': true}
    } %}
    {% for field, name in segmentation_fields().items() %}
        {% do fields.update({field: dict(rules[name], is_optional=true)}) %}
    {% endfor %}
    {% do rules.update({'segmentations': {
        'kind': 'list', 'of': {'kind': 'record', 'fields': fields}, 'is_filled': true
    }}) %}
    {{ return(rules) }}
{% endmacro %}


{#
    The words that are known of a sort, read only when a rule asks: they may depend on
    vars that are checked before. `any` stands for every column.
#}
{% macro known_words(sort) %}
    {% if sort == 'source systems' %}
        {{ return(source_system_entities() | list) }}
    {% elif sort == 'features' %}
        {{ return(candidate_features()) }}
    {% elif sort == 'options of text files' %}
        {{ return([
            'delim', 'quote', 'escape', 'encoding', 'nullstr', 'skip', 'max_line_size'
        ]) }}
    {% endif %}

    {% set tables = raw_table_contract() %}
    {% if sort == 'raw tables' %}
        {{ return(tables | list) }}
    {% endif %}

    {% set columns = ['any'] %}
    {% set dotted_columns = [] %}
    {% set date_columns = [] %}
    {% set number_columns = [] %}
    {% for table_name, contract in tables.items() %}
        {% for name, column in contract['columns'].items() %}
            {% if name not in columns %}
                {% do columns.append(name) %}
            {% endif %}
            {% do dotted_columns.append(table_name ~ '.' ~ name) %}
            {% if column['kind'] in ['date', 'timestamp'] %}
                {% do date_columns.append(table_name ~ '.' ~ name) %}
            {% elif column['kind'] in ['money', 'number', 'integer', 'rate', 'rating'] %}
                {% do number_columns.append(table_name ~ '.' ~ name) %}
            {% endif %}
        {% endfor %}
    {% endfor %}
    {{ return({
        'date columns': date_columns,
        'number columns': number_columns,
        'columns of raw tables': dotted_columns
    }.get(sort, columns)) }}
{% endmacro %}
