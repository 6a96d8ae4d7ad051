{#
    Customers without a purchase on record are a segment of their own, set apart before
    any fit. Its number is the same in every version, and fits number theirs from 1.
#}
{% macro never_buyers_segment_id() %}0{% endmacro %}


{# naming.py keeps the name from every other segment. #}
{% macro never_buyers_name() %}No purchases on record{% endmacro %}


{# The condition in SQL, on the columns of customer_features, that published rules use. #}
{% macro never_buyers_predicate() %}is_never_buyer{% endmacro %}
