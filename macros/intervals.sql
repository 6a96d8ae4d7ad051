{#
    Confidence intervals, each a lower or an upper bound as SQL. `side` is -1 or 1. The
    confidence level is var confidence_level.
#}

{# The quantile of the standard normal distribution of a two-sided interval. #}
{% macro normal_quantile() %}
    {{ return({
        '0.8': 1.2815515655446004,
        '0.9': 1.6448536269514722,
        '0.95': 1.959963984540054,
        '0.99': 2.5758293035489004
    }[valid_var('confidence_level') | string]) }}
{% endmacro %}


{# estimate +- z * standard error, kept on the measure's scale. #}
{% macro normal_bound(estimate, standard_error, side, minimum=none, maximum=none) -%}
    {%- set bound -%}
        {{ estimate }} + {{ side }} * {{ normal_quantile() }} * {{ standard_error }}
    {%- endset -%}
    {%- if minimum is none -%}
        {{ bound }}
    {%- else -%}
        least(greatest({{ bound }}, {{ minimum }}), {{ maximum }})
    {%- endif -%}
{%- endmacro %}


{#
    Hall, P. (1992), On the removal of skewness by transformation, Journal of the Royal
    Statistical Society B 54: the interval of a mean of `trials` skewed values, of which
    `skewness` is the third standardised moment. Like the plain one for a skewness of
    zero, it reaches further to the side of the rare large values. With
    k = skewness / sqrt(trials) the bound is
    estimate - standard_error * 3 / k * (cbrt(1 + k * (-side * z - k / 6)) - 1).
#}
{% macro skewed_bound(estimate, standard_error, skewness, trials, side) -%}
    {%- set ratio -%}
        (coalesce({{ skewness }}, 0) / sqrt({{ trials }}))
    {%- endset -%}
    case
        -- The formula's limit, where it would divide by nothing.
        when abs({{ ratio }}) < 0.000001
            then {{ normal_bound(estimate, standard_error, side) }}
        else {{ estimate }} - {{ standard_error }} * 3 / {{ ratio }}
            * (cbrt(1 + {{ ratio }} * ({{ -side }} * {{ normal_quantile() }} - {{ ratio }} / 6)) - 1)
    end
{%- endmacro %}


{#
    Wilson, E. B. (1927), Probable inference, the law of succession, and statistical
    inference, Journal of the American Statistical Association 22: the interval of a
    proportion of n trials.
#}
{% macro wilson_bound(proportion, trials, side) -%}
    {%- set z = normal_quantile() -%}
    (
        {{ proportion }} + {{ z * z }} / (2 * {{ trials }})
        + {{ side }} * {{ z }} * sqrt(
            {{ proportion }} * (1 - {{ proportion }}) / {{ trials }}
            + {{ z * z }} / (4 * {{ trials }} * {{ trials }})
        )
    ) / (1 + {{ z * z }} / {{ trials }})
{%- endmacro %}


{#
    The interval of the difference of two independent estimates from the interval of each:
    Newcombe, R. G. (1998), Interval estimation for the difference between independent
    proportions, Statistics in Medicine 17, method 10, for Wilson's intervals of shares;
    Zou, G. Y. and Donner, A. (2008), Construction of confidence limits about effect
    measures, Statistics in Medicine 27, for any others. Of the first estimate the bound
    of the same side is needed, of the second that of the other side.
#}
{% macro difference_bound(first, first_bound, second, second_bound, side) -%}
    {{ first }} - {{ second }} + {{ side }} * sqrt(
        power({{ first_bound }} - {{ first }}, 2)
        + power({{ second_bound }} - {{ second }}, 2)
    )
{%- endmacro %}


{#
    A p-value with nine significant digits. None is published as 0: one too small for a
    number of double precision is 1e-300.
#}
{% macro published_p_value(p_value) -%}
    case
        when {{ p_value }} is not null
            then {{ rounded(
                'greatest(' ~ p_value ~ ', 1e-300)',
                'cast(8 - floor(log10(greatest(' ~ p_value ~ ', 1e-300))) as int)'
            ) }}
    end
{%- endmacro %}
