{#
    A date of three parts, with a time of day, AM or PM and an offset where it has them.
    The pattern spans the whole text, so that no word behind a date is swallowed.
#}
{% macro date_from_words(text, is_day_first) -%}
    {%- set utc -%}
        {{ dbt.dateadd(
            'minute',
            '-' ~ minutes_ahead_of_utc(),
            'try_cast(' ~ written_day() ~ " || ' ' || " ~ written_time() ~ ' as timestamp)'
        ) }}
    {%- endset -%}
    {%- set moment = utc if var('time_zone') == 'UTC'
        else "case when d.parts.zone = '' then " ~ utc ~ ' else ' ~ in_time_zone(utc) ~ ' end' -%}
    {{ computed_once(
        {
            'parts': regexp_groups(in_usual_order(text), date_pattern(), [
                'number', 'separator', 'second_number', 'third_number',
                'before_month', 'month', 'after_month',
                'leading_month', 'day_behind', 'year_behind',
                'hour', 'minute', 'second', 'fraction', 'half',
                'zone', 'zone_name', 'zone_sign', 'zone_hours', 'zone_minutes'
            ]),
            'is_day_first': is_day_first
        },
        moment, 'd'
    ) }}
{%- endmacro %}


{# The groups that date_from_words names, in their order. #}
{% macro date_pattern() %}
    {% set ordinal = '(?:st|nd|rd|th|er|º|ª)?' %}
    {% set numbers = '([0-9]{4}|[0-9]{1,2})([-/. ]) ?([0-9]{1,2})[-/. ] ?'
        ~ '([0-9]{4}|[0-9]{1,2})[.]?' %}
    {% set month_between = '([0-9]{4}|[0-9]{1,2})' ~ ordinal ~ '[-/., ]*(?:de |of )?'
        ~ '([a-z]{3,})[-/., ]*(?:del? |of )?([0-9]{4}|[0-9]{1,2})' ~ ordinal %}
    {% set month_first = '([a-z]{3,})[-/. ]*([0-9]{1,2})' ~ ordinal
        ~ '[-/., ]+([0-9]{4}|[0-9]{2})' %}
    {% set time = '([0-9]{1,2})[:.h]([0-9]{2})'
        ~ '(?:[:.]([0-9]{2})(?:[:.,]([0-9]{1,9}))?)?[:.]?(?: ?([ap])[.]? ?m[.]?)?'
        ~ '(?: ?(?:uhr|hrs|h))?' %}
    {% set zones = utc_offsets() | join('|') %}
    {% set zone = '(' ~ zones ~ ')|(?:utc|gmt)?([-+])([0-9]{1,2}):?([0-9]{2})?'
        ~ '(?: (?:' ~ zones ~ '))?' %}
    {{ return(
        '^(?:' ~ numbers ~ '|' ~ month_between ~ '|' ~ month_first ~ ')'
        ~ '(?:[ t,:]+(?:(?:at|@|-|um|a las|a) )?' ~ time
        ~ '(?: ?(' ~ zone ~ ')(?: ?[(\\[][a-z0-9_/ :+.-]*[)\\]])?)?)?$'
    ) }}
{% endmacro %}


{#
    A date as the pattern knows it: without its weekday, and with the year of
    Sun Mar 10 23:30:00 UTC 2024 before the time, as 20240310T233000 is taken apart.
#}
{% macro in_usual_order(text) -%}
    case
        when {{ text }} >= 'a'
            then {{ regexp_replace_first(
                regexp_replace_first(
                    text,
                    '^(?:(?:' ~ weekdays() | join('|') ~ ')[.,]* (.*)'
                    ~ '|mar[.,]* ([0-9]{1,2}[. ]+[a-z].*))$',
                    '\\1\\2'
                ),
                '^([a-z]+ [0-9]{1,2}) ([0-9:]+(?: [a-z0-9+:-]+)?) ([0-9]{4})$',
                '\\1 \\3 \\2'
            ) }}
        when {{ text }} like '________t%' or {{ text }} like '________ %'
            then {{ regexp_replace_first(
                text,
                '^([0-9]{4})([0-9]{2})([0-9]{2})[t ]([0-9]{2}):?([0-9]{2}):?',
                '\\1-\\2-\\3 \\4:\\5:'
            ) }}
        else {{ text }}
    end
{%- endmacro %}


{#
    The day as year-month-day. 05-03-24 may as well begin with its year: it is read only
    where the order of its column is known.
#}
{% macro written_day() -%}
    case
        when d.parts.month || d.parts.leading_month <> ''
            then {{ day_of(
                "case when d.parts.month = '' then d.parts.year_behind"
                ~ ' when length(d.parts.before_month) = 4 then d.parts.before_month'
                ~ ' else d.parts.after_month end',
                meaning_of('d.parts.month || d.parts.leading_month', month_words()),
                "case when d.parts.month = '' then d.parts.day_behind"
                ~ ' when length(d.parts.before_month) = 4 then d.parts.after_month'
                ~ ' else d.parts.before_month end'
            ) }}
        when length(d.parts.number) = 4
            then {{ day_of(
                'd.parts.number', 'd.parts.second_number', 'd.parts.third_number'
            ) }}
        when not d.is_day_first
            then {{ day_of(
                'd.parts.third_number', 'd.parts.number', 'd.parts.second_number'
            ) }}
        when d.is_day_first
            or d.parts.separator <> '-' or length(d.parts.third_number) = 4
            then {{ day_of(
                'd.parts.third_number', 'd.parts.second_number', 'd.parts.number'
            ) }}
    end
{%- endmacro %}


{#
    A day in the order of ISO 8601. Of two digits of a year those that would lie ahead,
    as of a birth, are of the century before.
#}
{% macro day_of(year, month, day) -%}
    case
        when length({{ year }}) = 4 then {{ year }}
        when length({{ year }}) = 2
            then case when {{ year }} <= '{{ latest_year() % 100 }}' then '20' else '19' end
                || {{ year }}
    end || '-' || {{ month }} || '-' || {{ day }}
{%- endmacro %}


{# 11:30 PM is 23:30, 12:15 AM is 0:15, and a leap second is the one before it. #}
{% macro written_time() -%}
    case
        when d.parts.hour = '' then '0'
        when d.parts.half = '' then d.parts.hour
        when d.parts.half = 'p' and cast(d.parts.hour as int) < 12
            then cast(cast(d.parts.hour as int) + 12 as string)
        when d.parts.half = 'p' then d.parts.hour
        when d.parts.hour = '12' then '0'
        when cast(d.parts.hour as int) < 12 then d.parts.hour
    end
    || ':' || case when d.parts.minute = '' then '0' else d.parts.minute end
    || ':' || case d.parts.second
        when '' then '0' when '60' then '59' else d.parts.second
    end
    || case when d.parts.fraction = '' then '' else '.' || substr(d.parts.fraction, 1, 6) end
{%- endmacro %}


{% macro minutes_ahead_of_utc() -%}
    case
        when d.parts.zone = '' then 0
        when d.parts.zone_sign <> ''
            then cast(d.parts.zone_sign || '1' as int) * (
                cast(d.parts.zone_hours as int) * 60
                + coalesce(try_cast(d.parts.zone_minutes as int), 0)
            )
        else try_cast({{ meaning_of('d.parts.zone_name', utc_offsets()) }} as int) * 60
    end
{%- endmacro %}


{# Months in English, German, French and Spanish, in full and short, without accents. #}
{% macro month_words() %}
    {% set numbers = {} %}
    {% for words in [
        'january jan januar jaenner janner janvier janv enero ene',
        'february feb februar februaer fevrier fevr fev febrero',
        'march mar marz maerz mrz mars marzo',
        'april apr avril avr abril abr',
        'may mai mayo',
        'june jun juni juin junio',
        'july jul juli juillet juil julio',
        'august aug aout aou agosto ago',
        'september sep sept septembre septiembre setiembre set',
        'october oct oktober okt octobre octubre',
        'november nov novembre noviembre',
        'december dec dezember dez decembre diciembre dic'
    ] %}
        {% set number = '%02d' % loop.index %}
        {% for word in words.split() %}
            {% do numbers.update({word: number}) %}
        {% endfor %}
    {% endfor %}
    {{ return(numbers) }}
{% endmacro %}


{# In the languages of month_words; mar, which is a month too, has a place of its own. #}
{% macro weekdays() %}
    {{ return(
        'monday tuesday wednesday thursday friday saturday sunday'
        ' mon tues tue weds wed thurs thur thu fri sat sun'
        ' montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag'
        ' mo di mi do fr sa so'
        ' lundi mardi mercredi jeudi vendredi samedi dimanche'
        ' lun mer jeu ven sam dim'
        ' lunes martes miercoles jueves viernes sabado domingo mie jue vie sab dom'.split()
    ) }}
{% endmacro %}


{# Hours ahead of UTC by the names that RFC 2822 knows and those of Central Europe. #}
{% macro utc_offsets() %}
    {{ return({
        'z': '+00', 'utc': '+00', 'gmt': '+00',
        'est': '-05', 'edt': '-04', 'cst': '-06', 'cdt': '-05',
        'mst': '-07', 'mdt': '-06', 'pst': '-08', 'pdt': '-07',
        'cet': '+01', 'cest': '+02', 'mez': '+01', 'mesz': '+02'
    }) }}
{% endmacro %}
