{#
    The lift of a segment's share of purchases over that of all customers, or a bound of
    its interval: `side` is -1 or 1, and 0 the lift itself. With y of the item and x of
    all items the lift is (Y_s / X_s) / (Y / X), where s is the segment. Customers are
    drawn, not purchases: one of the segment adds y / Y_s - x / X_s - (y / Y - x / X) to
    the error of its logarithm, one of the others the part in brackets (delta method),
    and the variance is the sum of the squares. These are made of sums over customers of
    y * y (squares), x * y (products) and x * x (products over all items).
#}
{% macro lift_bound(side) -%}
    purchases / segment_purchases / (item_purchases / all_purchases)
    {%- if side %}
    * exp(
        {{ side }} * {{ normal_quantile() }} * sqrt(
            greatest(
                power(1 / purchases - 1 / item_purchases, 2) * squares
                - 2 * (1 / purchases - 1 / item_purchases)
                * (1 / segment_purchases - 1 / all_purchases) * products
                + power(1 / segment_purchases - 1 / all_purchases, 2)
                * segment_products
                + (item_squares - squares) / power(item_purchases, 2)
                - 2 * (item_products - products) / (item_purchases * all_purchases)
                + (all_products - segment_products) / power(all_purchases, 2),
                0
            )
        )
    )
    {%- endif -%}
{%- endmacro %}
