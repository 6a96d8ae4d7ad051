{# What DuckDB and Spark spell differently where values are read. #}

{#
    An expression over values that are computed once, however often it names them, as
    fields of `v`. In a case neither engine would remember them.
#}
{% macro computed_once(values, expression, name='v') -%}
    {{ return(adapter.dispatch(
        'computed_once', 'customer_segmentation'
    )(values, expression, name)) }}
{%- endmacro %}

{% macro default__computed_once(values, expression, name) -%}
    list_transform([{
        {%- for field, value in values.items() %}
        '{{ field }}': {{ value }}{{ ',' if not loop.last }}
        {%- endfor %}
    }], lambda {{ name }}: {{ expression }})[1]
{%- endmacro %}

{% macro spark__computed_once(values, expression, name) -%}
    transform(array(named_struct(
        {%- for field, value in values.items() %}
        '{{ field }}', {{ value }}{{ ',' if not loop.last }}
        {%- endfor %}
    )), {{ name }} -> {{ expression }})[0]
{%- endmacro %}


{# Whether a regular expression matches anywhere in a text. #}
{% macro has_match(text, pattern) -%}
    {{ return(adapter.dispatch('has_match', 'customer_segmentation')(text, pattern)) }}
{%- endmacro %}

{% macro default__has_match(text, pattern) -%}
    regexp_matches({{ text }}, '{{ pattern }}')
{%- endmacro %}

{% macro spark__has_match(text, pattern) -%}
    {{ text }} rlike {{ java_pattern(pattern) }}
{%- endmacro %}


{#
    The same of a pattern that seldom matches, and never an empty text: DuckDB makes this
    search once for each value of a dictionary, and the other one for every row.
#}
{% macro has_rare_match(text, pattern) -%}
    {{ return(adapter.dispatch(
        'has_rare_match', 'customer_segmentation'
    )(text, pattern)) }}
{%- endmacro %}

{% macro default__has_rare_match(text, pattern) -%}
    regexp_extract({{ text }}, '{{ pattern }}') <> ''
{%- endmacro %}

{% macro spark__has_rare_match(text, pattern) -%}
    {{ has_match(text, pattern) }}
{%- endmacro %}


{# The groups of a regular expression as fields of a struct; blank where not matched. #}
{% macro regexp_groups(text, pattern, names) -%}
    {{ return(adapter.dispatch(
        'regexp_groups', 'customer_segmentation'
    )(text, pattern, names)) }}
{%- endmacro %}

{% macro default__regexp_groups(text, pattern, names) -%}
    regexp_extract({{ text }}, '{{ pattern }}', ['{{ names | join("', '") }}'])
{%- endmacro %}

{% macro spark__regexp_groups(text, pattern, names) -%}
    named_struct(
        {%- for name in names %}
        '{{ name }}',
        regexp_extract({{ text }}, {{ java_pattern(pattern) }}, {{ loop.index }})
        {{- ',' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}


{# The first match of a regular expression replaced; \1 is its first group. #}
{% macro regexp_replace_first(text, pattern, replacement) -%}
    {{ return(adapter.dispatch(
        'regexp_replace_first', 'customer_segmentation'
    )(text, pattern, replacement)) }}
{%- endmacro %}

{% macro default__regexp_replace_first(text, pattern, replacement) -%}
    regexp_replace({{ text }}, '{{ pattern }}', '{{ replacement }}')
{%- endmacro %}

{# All patterns here begin or end with the text, so that there is one match. #}
{% macro spark__regexp_replace_first(text, pattern, replacement) -%}
    regexp_replace(
        {{ text }}, {{ java_pattern(pattern) }}, '{{ replacement | replace("\\", "$") }}'
    )
{%- endmacro %}


{# A text in composed letters, with any run of blanks as one and no invisible characters. #}
{% macro in_one_spelling(text) -%}
    {{ return(adapter.dispatch('in_one_spelling', 'customer_segmentation')(text)) }}
{%- endmacro %}

{#
    The joiners of Persian words and of emoji are no more invisible than a blank. What
    follows a null byte would be lost in nfc_normalize, so such bytes go first.
#}
{% macro default__in_one_spelling(text) -%}
    nfc_normalize(trim(regexp_replace(regexp_replace(
        {{ text }}, '[\t\n\r\x{b}\f\x{85}\p{Z}\x{feff}]+', ' ', 'g'
    ), '[\p{Cc}\x{ad}\x{200b}\x{200e}\x{200f}\x{202a}-\x{202e}\x{2060}-\x{206f}]', '', 'g')))
{%- endmacro %}

{% macro spark__in_one_spelling(text) -%}
    trim(regexp_replace(regexp_replace(
        {{ text }}, r'[\s\p{Z}\uFEFF]+', ' '
    ), r'[\p{Cc}\u00AD\u200B\u200E\u200F\u202A-\u202E\u2060-\u206F]', ''))
{%- endmacro %}


{# A text in composed letters without invisible characters; a no-break space is a blank. #}
{% macro without_invisible(text) -%}
    {{ return(adapter.dispatch('without_invisible', 'customer_segmentation')(text)) }}
{%- endmacro %}

{% macro default__without_invisible(text) -%}
    nfc_normalize(trim(regexp_replace(
        regexp_replace({{ text }}, '[\p{Cc}\p{Cf}]', '', 'g'), '\p{Z}', ' ', 'g'
    )))
{%- endmacro %}

{% macro spark__without_invisible(text) -%}
    trim(regexp_replace(regexp_replace({{ text }}, r'[\p{Cc}\p{Cf}]', ''), r'\p{Z}', ' '))
{%- endmacro %}


{# Letters without their accents. #}
{% macro without_accents(text) -%}
    {{ return(adapter.dispatch('without_accents', 'customer_segmentation')(text)) }}
{%- endmacro %}

{% macro default__without_accents(text) -%}
    strip_accents({{ text }})
{%- endmacro %}

{# Those of Europe; of letters and accents that came apart the accents go. #}
{% macro spark__without_accents(text) -%}
    {%- set letters = 'áàâäãåāăąçćĉċčďéèêëēĕėęěĝğġģĥíìîïĩīĭįĵķĺļľñńņňóòôöõōŏőŕŗř'
        ~ 'śŝşšţťúùûüũūŭůűųŵýÿŷźżž' -%}
    {%- set plain = 'aaaaaaaaacccccdeeeeeeeeegggghiiiiiiiijklllnnnnoooooooorrr'
        ~ 'ssssttuuuuuuuuuuwyyyzzz' -%}
    regexp_replace(translate(
        {{ text }}, '{{ letters ~ letters | upper }}', '{{ plain ~ plain | upper }}'
    ), r'\p{Mn}', '')
{%- endmacro %}


{# The clock time in UTC of a column of instants. #}
{% macro utc_of_instant(column) -%}
    {{ return(adapter.dispatch('utc_of_instant', 'customer_segmentation')(column)) }}
{%- endmacro %}

{% macro default__utc_of_instant(column) -%}
    timezone('UTC', try_cast({{ column }} as timestamp with time zone))
{%- endmacro %}

{% macro spark__utc_of_instant(column) -%}
    to_utc_timestamp(try_cast({{ column }} as timestamp), current_timezone())
{%- endmacro %}


{# The clock time in UTC so many microseconds after the start of 1970. #}
{% macro utc_of_microseconds(number) -%}
    {{ return(adapter.dispatch(
        'utc_of_microseconds', 'customer_segmentation'
    )(number)) }}
{%- endmacro %}

{% macro default__utc_of_microseconds(number) -%}
    make_timestamp(cast({{ number }} as bigint))
{%- endmacro %}

{% macro spark__utc_of_microseconds(number) -%}
    to_utc_timestamp(
        timestamp_micros(cast({{ number }} as bigint)), current_timezone()
    )
{%- endmacro %}


{# The clock time of a zone at a clock time in UTC. #}
{% macro clock_time(utc, time_zone) -%}
    {{ return(adapter.dispatch(
        'clock_time', 'customer_segmentation'
    )(utc, time_zone)) }}
{%- endmacro %}

{% macro default__clock_time(utc, time_zone) -%}
    timezone('{{ time_zone }}', timezone('UTC', {{ utc }}))
{%- endmacro %}

{% macro spark__clock_time(utc, time_zone) -%}
    from_utc_timestamp({{ utc }}, '{{ time_zone }}')
{%- endmacro %}


{#
    How often each value of an expression occurs, as a map. One expression for all of them,
    because an engine plans each that it meets, and those of cleaning are long.
#}
{% macro counts_by_value(expression) -%}
    {{ return(adapter.dispatch(
        'counts_by_value', 'customer_segmentation'
    )(expression)) }}
{%- endmacro %}

{% macro default__counts_by_value(expression) -%}
    coalesce(histogram({{ expression }}), map([]::varchar[], []::ubigint[]))
{%- endmacro %}


{#
    The sketch is exact for fewer values than three quarters of the second number, and a
    column has a few dozen.
#}
{% macro spark__counts_by_value(expression) -%}
    map_from_entries(transform(
        filter(approx_top_k({{ expression }}, 1000, 10000), e -> e.item is not null),
        e -> struct(e.item, e.count)
    ))
{%- endmacro %}


{# How often a value occurs by such a map. #}
{% macro count_in(counts, value) -%}
    cast(coalesce({{ counts }}['{{ value }}'], 0) as bigint)
{%- endmacro %}


{# Such a map as one text: `EUR 12, USD 3`; null where it is empty. #}
{% macro counts_in_words(counts) -%}
    {{ return(adapter.dispatch('counts_in_words', 'customer_segmentation')(counts)) }}
{%- endmacro %}

{% macro default__counts_in_words(counts) -%}
    nullif(array_to_string(list_transform(
        map_entries({{ counts }}), lambda e: e.key || ' ' || e.value
    ), ', '), '')
{%- endmacro %}

{% macro spark__counts_in_words(counts) -%}
    nullif(array_join(transform(
        array_sort(map_entries({{ counts }})), e -> e.key || ' ' || e.value
    ), ', '), '')
{%- endmacro %}


{# Over all values of such a map, and of its most frequent one, how many there are. #}
{% macro counted_values(counts, which) -%}
    {{ return(adapter.dispatch(
        'counted_values', 'customer_segmentation'
    )(counts, which)) }}
{%- endmacro %}

{% macro default__counted_values(counts, which) -%}
    cast(coalesce(
        {{ 'list_sum' if which == 'all' else 'list_max' }}(map_values({{ counts }})), 0
    ) as bigint)
{%- endmacro %}

{% macro spark__counted_values(counts, which) -%}
    coalesce(
        {%- if which == 'all' %}
        aggregate(map_values({{ counts }}), cast(0 as bigint), (sum, value) -> sum + value)
        {%- else %}
        array_max(map_values({{ counts }}))
        {%- endif %}, 0
    )
{%- endmacro %}


{# How many values of a list are above a bound; 0 of an unknown bound. #}
{% macro count_above(values, bound) -%}
    {{ return(adapter.dispatch(
        'count_above', 'customer_segmentation'
    )(values, bound)) }}
{%- endmacro %}

{% macro default__count_above(values, bound) -%}
    cast(len(list_filter({{ values }}, lambda v: v > {{ bound }})) as bigint)
{%- endmacro %}

{% macro spark__count_above(values, bound) -%}
    cast(array_size(filter({{ values }}, v -> v > {{ bound }})) as bigint)
{%- endmacro %}


{#
    A number in [0, 1) from the first 52 bits of the md5 of a text: the same wherever and
    whenever it is computed.
#}
{% macro hashed_share(text) %}
    {{ return(adapter.dispatch('hashed_share', 'customer_segmentation')(text)) }}
{% endmacro %}

{% macro default__hashed_share(text) -%}
    cast(cast('0x' || substr(md5({{ text }}), 1, 13) as bigint) as double)
        / 4503599627370496
{%- endmacro %}

{% macro spark__hashed_share(text) -%}
    cast(conv(substr(md5({{ text }}), 1, 13), 16, 10) as double) / 4503599627370496
{%- endmacro %}


{# Whether two texts share a word of at least two letters, or seven digits in a row. #}
{% macro shares_a_word(text, other_text) -%}
    {{ return(adapter.dispatch('shares_a_word', 'customer_segmentation')(text, other_text)) }}
{%- endmacro %}

{% macro default__shares_a_word(text, other_text) -%}
    coalesce(list_has_any(
        regexp_extract_all({{ text }}, '\p{L}{2,}|[0-9]{7}'),
        regexp_extract_all({{ other_text }}, '\p{L}{2,}|[0-9]{7}')
    ), false)
{%- endmacro %}

{% macro spark__shares_a_word(text, other_text) -%}
    coalesce(arrays_overlap(
        regexp_extract_all({{ text }}, r'\p{L}{2,}|[0-9]{7}', 0),
        regexp_extract_all({{ other_text }}, r'\p{L}{2,}|[0-9]{7}', 0)
    ), false)
{%- endmacro %}


{#
    A sum or product of amounts as an amount. More than fourteen digits before the point
    have no room in one: the build stops, and says of what.
#}
{% macro as_amount(number, what) -%}
    case
        when {{ number }} is null or abs({{ number }}) < 100000000000000
            then cast({{ number }} as decimal(18, 4))
        else cast({{ failure(
            "'" ~ what ~ " is ' || cast(floor(" ~ number ~ ') as string)'
            ~ " || '; expected less than 100000000000000, such as of amounts in thousands.'"
        ) }} as decimal(18, 4))
    end
{%- endmacro %}


{# Stops the query with a sentence. #}
{% macro failure(sentence) -%}
    {{ return(adapter.dispatch('failure', 'customer_segmentation')(sentence)) }}
{%- endmacro %}

{% macro default__failure(sentence) -%}
    error({{ sentence }})
{%- endmacro %}

{% macro spark__failure(sentence) -%}
    raise_error({{ sentence }})
{%- endmacro %}


{# The quartiles of a number in a group: three quantiles would keep each value thrice. #}
{% macro quartiles(column) -%}
    {{ return(adapter.dispatch('quartiles', 'customer_segmentation')(column)) }}
{%- endmacro %}

{% macro default__quartiles(column) -%}
    quantile_cont({{ column }}, [0.25, 0.5, 0.75])
{%- endmacro %}

{% macro spark__quartiles(column) -%}
    percentile({{ column }}, array(0.25, 0.5, 0.75))
{%- endmacro %}


{# One of the quartiles, by its number: 1, 2 for the median, or 3. #}
{% macro quartile(quartiles, number) -%}
    {{ return(adapter.dispatch('quartile', 'customer_segmentation')(quartiles, number)) }}
{%- endmacro %}

{% macro default__quartile(quartiles, number) -%}
    {{ quartiles }}[{{ number }}]
{%- endmacro %}

{% macro spark__quartile(quartiles, number) -%}
    {{ quartiles }}[{{ number - 1 }}]
{%- endmacro %}


{# A number rounded to digits behind the point that differ from row to row. #}
{% macro rounded(number, digits) -%}
    {{ return(adapter.dispatch('rounded', 'customer_segmentation')(number, digits)) }}
{%- endmacro %}

{% macro default__rounded(number, digits) -%}
    round({{ number }}, {{ digits }})
{%- endmacro %}

{% macro spark__rounded(number, digits) -%}
    (round({{ number }} * power(10, {{ digits }})) / power(10, {{ digits }}))
{%- endmacro %}
