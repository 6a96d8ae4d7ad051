{#
    The measures that segment_evaluation publishes of each segment. What depends on a
    measure by its name stands here, and all models, tests and settings read it here. A
    measure gives all of these facts, none where there is none:

    columns           its column of int_segment_measure_totals in each window that has
                      it, the same quantity over windows of one length; of a ratio, what
                      the columns of its sums begin with
    interval          the kind of interval that fits it: see int_segment_estimates
    scale             its lowest and its highest value
    shared_features   features of the same records: where the model clusters on one of
                      them, segments differ in the measure by construction
    money             how money follows from it: the identity, see int_scenario_returns,
                      the var with the days over which it comes, and the outcome of
                      campaigns that measures the same
#}
{% macro measures() %}
    {{ return({
        'value': {
            'columns': {'observed': 'spend', 'outcome': 'outcome_spend'},
            'interval': 'amount',
            'scale': none,
            'shared_features': ['total_spend', 'trailing_spend', 'average_order_value'],
            'money': {
                'identity': 'customers', 'horizon': 'outcome_window_days',
                'campaign_outcome': 'spend'
            }
        },
        'orders': {
            'columns': {'outcome': 'outcome_orders'},
            'interval': 'amount',
            'scale': none,
            'shared_features': ['order_count', 'trailing_order_count'],
            'money': none
        },
        'satisfaction': {
            'columns': {
                'observed': 'trailing_satisfaction', 'outcome': 'outcome_satisfaction'
            },
            'interval': 'mean',
            'scale': [1, 5],
            'shared_features': ['satisfaction'],
            'money': none
        },
        'satisfaction_to_date': {
            'columns': {'observed': 'satisfaction'},
            'interval': 'mean',
            'scale': [1, 5],
            'shared_features': ['satisfaction'],
            'money': none
        },
        'loyalty': {
            'columns': {'observed': 'loyalty'},
            'interval': 'mean',
            'scale': [0, 1],
            'shared_features': ['loyalty', 'order_count', 'trailing_order_count'],
            'money': none
        },
        'retention': {
            'columns': {'outcome': 'outcome_retained'},
            'interval': 'proportion',
            'scale': [0, 1],
            'shared_features': ['loyalty', 'order_count', 'trailing_order_count'],
            'money': {
                'identity': 'buyers', 'horizon': 'outcome_window_days',
                'campaign_outcome': none
            }
        },
        'conversion': {
            'columns': {'observed': 'trailing_', 'outcome': 'outcome_'},
            'interval': 'ratio',
            'scale': [0, 1],
            'shared_features': ['conversion_rate'],
            'money': {
                'identity': 'visits', 'horizon': 'outcome_window_days',
                'campaign_outcome': 'conversion'
            }
        },
        'conversion_to_date': {
            'columns': {'observed': ''},
            'interval': 'ratio',
            'scale': [0, 1],
            'shared_features': ['conversion_rate'],
            'money': none
        },
        'lifetime_value': {
            'columns': {'observed': 'lifetime_value'},
            'interval': 'amount',
            'scale': none,
            'shared_features': ['lifetime_value', 'total_spend'],
            'money': {
                'identity': 'customers', 'horizon': 'lifetime_horizon_days',
                'campaign_outcome': none
            }
        }
    }) }}
{% endmacro %}
