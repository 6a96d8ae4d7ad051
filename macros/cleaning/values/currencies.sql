{#
    Currencies of amounts: codes of ISO 4217 and the signs that shops print.
#}

{# The ISO code of the sign or code in a money text; null where there is none. #}
{% macro currency_of(column) -%}
    case
        when {{ has_type(column, 'text') }}
            and {{ has_match(as_text(column), '[^-+0-9., ]') }}
            then {{ computed_once(
                {'parts': number_parts(plain_text(column))},
                currency_code('n.parts.currency || n.parts.currency_behind'),
                'n'
            ) }}
    end
{%- endmacro %}


{# The ISO code that a value of a currency column names. #}
{% macro parse_currency(column) -%}
    {{ currency_code(plain_text(column)) }}
{%- endmacro %}


{% macro currency_code(word) -%}
    {{ meaning_of(currency_word(word), currency_words()) }}
{%- endmacro %}

{% macro is_currency(word) -%}
    instr('|{{ currency_words() | join("|") }}|', '|' || {{ currency_word(word) }} || '|') > 0
{%- endmacro %}

{% macro currency_word(word) -%}
    replace(replace({{ word }}, '.', ''), ' ', '')
{%- endmacro %}


{#
    ISO codes by the words for them, in lower case without points and blanks. A sign that
    several countries share stands for the one that most shops mean by it, unless a code
    says otherwise: $12.50 CAD.
#}
{% macro currency_words() %}
    {% set words = {} %}
    {% for code, signs in {
        'AUD': 'a$ au$ $au', 'BGN': 'лв', 'BRL': 'r$', 'CAD': 'c$ ca$ $ca',
        'CHF': 'fr sfr', 'CNY': 'cn¥ rmb 元', 'CRC': '₡', 'CZK': 'kc',
        'EUR': '€ euro euros', 'GBP': '£', 'GHS': '₵', 'HKD': 'hk$', 'HRK': 'kn',
        'HUF': 'ft', 'IDR': 'rp', 'ILS': '₪', 'INR': '₹ rs', 'JPY': '¥ 円', 'KES': 'ksh',
        'KRW': '₩ 원', 'KZT': '₸', 'MXN': 'mx$', 'MYR': 'rm', 'NGN': '₦', 'NZD': 'nz$',
        'PEN': 's/', 'PHP': '₱', 'PLN': 'zł', 'PYG': '₲', 'RON': 'lei', 'RUB': '₽ руб',
        'SEK': 'kr', 'SGD': 's$', 'THB': '฿', 'TRY': '₺ tl', 'TWD': 'nt$',
        'UAH': '₴ грн', 'USD': '$ us$ $us', 'VND': '₫ đ', 'ZAR': 'r'
    }.items() %}
        {% for sign in signs.split() %}
            {% do words.update({sign: code, sign ~ code | lower: code}) %}
            {% do words.update({code | lower ~ sign: code}) %}
        {% endfor %}
    {% endfor %}
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
    {% for sign, codes in {
        '$': 'ARS AUD CAD CLP COP HKD MXN NZD SGD TWD', '¥': 'CNY', 'kr': 'DKK ISK NOK',
        'rs': 'LKR MUR NPR PKR', '£': 'EGP'
    }.items() %}
        {% for code in codes.split() %}
            {% do words.update({sign ~ code | lower: code}) %}
        {% endfor %}
    {% endfor %}
    {{ return(words) }}
{% endmacro %}
