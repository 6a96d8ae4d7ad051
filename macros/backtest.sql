{#
    What customers did in the window after the training date: the outcomes that groups of
    customers are to explain, in the order of the tables, with their columns of
    `int_backtest_outcomes`. Several columns are a vector, which is explained as a whole.
#}
{% macro backtest_outcomes() %}
    {% set category_shares = [] %}
    {% for number in range(1, 6) %}
        {% do category_shares.append('category_share_' ~ number) %}
    {% endfor %}
    {{ return({
        'spend': ['spend'],
        'log_spend': ['log_spend'],
        'orders': ['orders'],
        'retention': ['retention'],
        'days_to_order': ['days_to_order'],
        'log_basket': ['log_basket'],
        'category_mix': category_shares,
        'discount_share': ['discount_share'],
        'campaign_response': ['campaign_response']
    }) }}
{% endmacro %}


{# The ways to group customers, the simplest first, and their columns in the cells. #}
{% macro backtest_segmentations() %}
    {{ return({
        'spend_quantiles': 'spend_group',
        'trailing_spend_quantiles': 'recent_spend_group',
        'size_matched_spend_bands': 'spend_share_group',
        'rfm_grid': 'rfm_group',
        'segments': 'segment_id'
    }) }}
{% endmacro %}


{#
    The fold of a customer: the last of the 16 digits of a hash, so that it depends on
    nothing else, and not on what samples are drawn by, which is how the hash begins.
#}
{% macro backtest_fold(customer_id) -%}
    right(md5({{ customer_id }}), 1)
{%- endmacro %}


{#
    The standard error of a ratio of sums over folds, of which `residual` is what the
    numerator of a fold has more than the ratio times its denominator. Folds share the
    customers that they learn from: Nadeau and Bengio (2003), Inference for the
    generalization error, Machine Learning 52.
#}
{% macro fold_ratio_error(residual, denominator) -%}
    sqrt(
        (1.0 / count(*) + 1.0 / nullif(count(*) - 1, 0))
        * var_samp({{ residual }})
    ) / nullif(avg({{ denominator }}), 0)
{%- endmacro %}


{# The quantile of Student's t with 15 degrees of freedom: 16 folds. #}
{% macro fold_quantile() %}
    {{ return({
        '0.8': 1.3406056078504547,
        '0.9': 1.7530503556925723,
        '0.95': 2.1314495455597742,
        '0.99': 2.9467128834752367
    }[valid_var('confidence_level') | string]) }}
{% endmacro %}
