{#
    Currencies of amounts: codes of ISO 4217 and the signs that shops print.
#}

{# The ISO code of the sign or code in a money text; null where there is none. #}
{% macro currency_of(column) -%}
    {%- set code -%}
        case
            when {{ are_one_currency('n.parts.currency', 'n.parts.currency_behind') }}
                then {{ currency_code(
                    "coalesce(nullif(n.parts.currency_behind, ''), n.parts.currency)"
                ) }}
        end
    {%- endset -%}
    case
        when {{ has_type(column, 'text') }}
            and {{ has_match(as_text(column), '[^-+0-9., ]') }}
            then {{ computed_once({'parts': number_parts(plain_text(column))}, code, 'n') }}
    end
{%- endmacro %}


{# The ISO code that a value of a currency column names. #}
{% macro parse_currency(column) -%}
    {{ currency_code(plain_text(column)) }}
{%- endmacro %}


{#
    Whether the words around a number are currencies, and one currency: $12.50 CAD is,
    for many countries share that sign.
#}
{% macro are_one_currency(before, behind) -%}
    case
        when {{ before }} = '' and {{ behind }} = '' then true
        when {{ before }} = '' or {{ behind }} = ''
            then {{ currency_code(before ~ ' || ' ~ behind) }} is not null
        when {{ currency_word(before) }} in ('$', '¥', 'kr', 'rs', 'fr')
            then {{ currency_code(behind) }} is not null
        else {{ currency_code(before) }} = {{ currency_code(behind) }}
    end
{%- endmacro %}


{% macro currency_code(word) -%}
    {{ meaning_of(currency_word(word), currency_words()) }}
{%- endmacro %}

{% macro currency_word(word) -%}
    replace(replace({{ word }}, '.', ''), ' ', '')
{%- endmacro %}


{#
    ISO codes by the words for them, in lower case without points and blanks. A sign that
    several countries share stands for the one that most shops mean by it.
#}
{% macro currency_words() %}
    {% set words = {} %}
    {% for code in (
        'AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL'
        ' BSD BTN BWP BYN BZD CAD CDF CHF CLF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD'
        ' EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR'
        ' ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR'
        ' LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO'
        ' NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG'
        ' SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS'
        ' UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWL'
    ).split() %}
        {% do words.update({code | lower: code}) %}
    {% endfor %}
    {% for code, signs in {
        'AUD': 'a$ au$ $aud aud$', 'BRL': 'r$ r$brl', 'CAD': 'c$ ca$ cad$ $cad',
        'CHF': 'fr sfr', 'CNY': 'rmb cn¥ 元', 'CRC': '₡', 'CZK': 'kc', 'EUR': '€ euro euros',
        'GBP': '£', 'GHS': '₵', 'HKD': 'hk$', 'HUF': 'ft', 'IDR': 'rp', 'ILS': '₪',
        'INR': '₹ rs inr₹ ₹inr', 'JPY': '¥ jp¥ yen 円', 'KRW': '₩ 원', 'KZT': '₸',
        'MXN': 'mx$ mex$', 'MYR': 'rm', 'NGN': '₦', 'NZD': 'nz$', 'PEN': 's/', 'PHP': '₱',
        'PLN': 'zł', 'PYG': '₲', 'RON': 'lei', 'RUB': '₽ руб р', 'SEK': 'kr',
        'SGD': 's$ sg$', 'THB': '฿', 'TRY': '₺ tl', 'TWD': 'nt$', 'UAH': '₴ грн',
        'USD': '$ us$ usd$ $usd us dollar dollars', 'VND': '₫ đ', 'ZAR': 'r'
    }.items() %}
        {% for sign in signs.split() %}
            {% do words.update({sign: code}) %}
        {% endfor %}
    {% endfor %}
    {{ return(words) }}
{% endmacro %}
