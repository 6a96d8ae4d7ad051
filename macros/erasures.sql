{#
    What was erased is remembered for good as keyed hashes, in table erasures, and so are
    the addresses that customers had in former builds, in int_customer_addresses. Without
    a salt there is no hash, and neither table has a row.
#}

{# A hash of what identifies a person; hashes of one kind say nothing of another. #}
{% macro erasure_hash(kind, text) -%}
    {{ salted_hash("'erasure|" ~ kind ~ "|' || " ~ text) }}
{%- endmacro %}


{#
    The same of an id, whatever number of source systems is enabled, and whether or not
    var hash_customer_ids is set.
#}
{% macro id_hash(column) -%}
    {%- set id = '(' ~ id_with_system(column) ~ ')' -%}
    {{ erasure_hash('customer_id', "case
        when " ~ id ~ " like '%:_%@_%._%'
            then left(" ~ id ~ ", instr(" ~ id ~ ", ':'))
            || " ~ salted_hash('substr(' ~ id ~ ', instr(' ~ id ~ ", ':') + 1)") ~ "
        else " ~ id ~ "
    end") }}
{%- endmacro %}


{#
    What former builds erased, as a CTE body. The table is written behind all who read
    this: a ref() would be a circle.
#}
{% macro former_erasures() %}
    {%- set relation = adapter.get_relation(
        this.database, this.schema, 'erasures'
    ) if execute else none -%}
    {%- if relation %}
    select * from {{ relation }}
    {%- else %}
    select
        {%- for name in erasure_columns() %}
        cast(null as string) as {{ name }},
        {%- endfor %}
        {{ no_end() }} as covered_until
    where false
    {%- endif %}
{% endmacro %}

{% macro erasure_columns() %}
    {{ return([
        'request_hash', 'identifier', 'identifier_hash', 'first_name_hash',
        'last_name_hash', 'birth_date_hash'
    ]) }}
{% endmacro %}


{#
    Whom `requests` erase, as a CTE body over these and `erased_ids`: ids, addresses with
    the names of the request, and persons, who may come back under another id.
#}
{% macro erased_identifiers() %}
    select
        request_number,
        'customer_id' as identifier,
        {{ id_hash('customer_id') }} as identifier_hash,
        cast(null as string) as first_name,
        cast(null as string) as last_name,
        cast(null as string) as birth_date
    from (
        select * from erased_ids
        union
        select
            request_number,
            customer_id
        from ({{ sought_customer_ids() }}) as sought_ids
    ) as ids
    union all
    select
        request_number,
        'email' as identifier,
        {{ erasure_hash('email', 'email') }} as identifier_hash,
        first_name,
        last_name,
        cast(null as string) as birth_date
    from requests
    union all
    select
        erased_ids.request_number,
        'email' as identifier,
        {{ erasure_hash('email', 'records.email') }} as identifier_hash,
        records.first_name,
        records.last_name,
        records.birth_date
    from erased_ids
    inner join ({{ all_customer_records() }}) as records
        on erased_ids.customer_id = records.customer_id
    where {{ var('merge_duplicate_people') }} and records.person is not null
{% endmacro %}


{# Hashes of another salt would match nobody, and nobody would know. #}
{% macro problem_with_erasures() %}
    {% if not execute or flags.WHICH not in ['build', 'run', 'run-operation'] %}
        {{ return(none) }}
    {% endif %}
    {% set erasures = our_relation('erasures') %}
    {% if adapter.get_relation(
        erasures.database, erasures.schema, erasures.identifier
    ) is none %}
        {{ return(none) }}
    {% endif %}
    {% set erased, salts, same = run_query(
        "select count(*) filter (where identifier <> 'salt'),"
        ~ " count(*) filter (where identifier = 'salt'),"
        ~ " count(*) filter (where identifier = 'salt' and identifier_hash = "
        ~ erasure_hash('salt', "''") ~ ") from " ~ erasures
    ).rows[0] %}
    {% if erased and salt_state() != 'ready' %}
        {{ return('environment variable SEGMENTATION_SALT is not set, but table erasures '
            ~ 'has hashes of who was erased; expected the salt that they were made with.')
        }}
    {% elif salts > same and salt_state() == 'ready' %}
        {{ return('environment variable SEGMENTATION_SALT is another than that of the '
            ~ 'hashes in table erasures; expected the salt that they were made with.') }}
    {% endif %}
    {{ return(none) }}
{% endmacro %}


{# Says after the erasures what people should know of them, by numbers of requests. #}
{% macro report_erasures() %}
    {% set erased_ids = ref('int_erased_ids') %}
    {% set shared_addresses = ref('int_shared_addresses') %}
    {% if not execute or invocation_args_dict.get('empty') %}
        {{ return('') }}
    {% endif %}
    {% for number, people in run_query(
        'select request_number, people from ' ~ shared_addresses
        ~ ' order by request_number'
    ).rows %}
        {% do exceptions.warn(
            'Erasure request ' ~ number ~ ' names an address that ' ~ people
            ~ ' people share and nobody of them: all are erased. A name beside the '
            ~ 'address would erase one.'
        ) %}
    {% endfor %}
    {% set requests = run_query(
        'select count(distinct request_number) from ' ~ erased_ids
    ).rows[0][0] %}
    {% if requests and salt_state() != 'ready' %}
        {% do exceptions.warn(
            'Without environment variable SEGMENTATION_SALT nobody is erased for good: '
            ~ 'who is erased comes back where the request is no more in the input, and '
            ~ 'no request finds an address of a former build.'
        ) %}
    {% endif %}
{% endmacro %}


{#
    Take back what a request erased, for whoever has this customer id or this email:

        dbt run-operation withdraw_erasure --args '{customer_id: "10023"}'
#}
{% macro withdraw_erasure(customer_id=none, email=none) %}
    {% if (customer_id is none) == (email is none) %}
        {% do refuse('withdraw_erasure got ' ~ (
            'neither a customer_id nor an email' if email is none
            else 'a customer_id and an email'
        ) ~ '; expected one of them.') %}
    {% endif %}
    {% do refuse(problem_with_hashing()) %}
    {% do refuse(problem_with_erasures()) %}
    {% set erasures = our_relation('erasures') %}
    {% if adapter.get_relation(
        erasures.database, erasures.schema, erasures.identifier
    ) is none %}
        {% do refuse('there is no table erasures; expected a build before, with '
            ~ 'environment variable SEGMENTATION_SALT.') %}
    {% endif %}
    {% set text = "'" ~ (email if customer_id is none else customer_id) | string
        | replace("'", "''") ~ "'" %}
    {% if customer_id is none %}
        {% set hashes = [erasure_hash('email', 'lower(trim(' ~ text ~ '))')] %}
    {% else %}
        {% set hashes = [] %}
        {% for system in valid_var('source_systems') %}
            {% do hashes.append(id_hash(warehouse_id(system, text))) %}
            {% if (customer_id | string).startswith(system ~ ':') %}
                {% do hashes.append(id_hash(id_as_published(text))) %}
            {% endif %}
        {% endfor %}
    {% endif %}
    {% set condition %}
        request_hash in (
            select request_hash from {{ erasures }}
            where identifier_hash in ({{ hashes | join(', ') }})
        )
    {% endset %}
    {% set requests = run_query(
        'select count(distinct request_hash) from ' ~ erasures ~ ' where ' ~ condition
    ).rows[0][0] %}
    {% if not requests %}
        {% do refuse('no erasure has this ' ~ ('email' if customer_id is none
            else 'customer_id') ~ '; expected one of an earlier request.') %}
    {% endif %}
    {% do run_query('delete from ' ~ erasures ~ ' where ' ~ condition) %}
    {% do commit_operation() %}
    {% do log(
        'Took back ' ~ requests ~ (' erasure' if requests == 1 else ' erasures')
        ~ ': the next build has the records of that person again, unless '
        ~ 'erasure_requests still asks for it.', info=true
    ) %}
{% endmacro %}


{# DuckDB runs an operation in a transaction, which dbt would roll back. #}
{% macro commit_operation() %}
    {% if flags.WHICH == 'run-operation' and target.type == 'duckdb' %}
        {% do adapter.ensure_transaction() %}
        {% do run_query('commit') %}
    {% endif %}
{% endmacro %}


{# The customers who came back since the last whole build, as SQL of a condition. #}
{% macro has_just_returned() %}
    {%- set returned = ref('int_returned_customers') -%}
    {%- set known = our_relation('int_known_returns') if execute else none -%}
    {%- set is_known = execute and adapter.get_relation(
        known.database, known.schema, known.identifier
    ) is not none -%}
    customer_id in (
        select returned.customer_id from {{ returned }} as returned
        {%- if is_known %}
        left join {{ known }} as known
            on returned.customer_id = known.customer_id
                and returned.covered_until = known.covered_until
        where known.customer_id is null
        {%- endif %}
    )
{%- endmacro %}


{#
    Before a table that remembers customers is written: whoever came back after an erasure
    is a new customer, without anything from before it.
#}
{% macro forget_returned_customers() %}
    {%- set condition = has_just_returned() -%}
    {%- if execute and load_relation(this) is not none -%}
    {{ forget_rows(this, condition) }}
    {%- endif -%}
{% endmacro %}


{# After it was written: without whom the changes of ids say to forget. #}
{% macro forget_changed_customers(which="reason <> 'returned_after_erasure'") %}
    {{- forget_rows(
        this,
        'customer_id in (select customer_id from ' ~ ref('int_customer_id_changes')
        ~ ' where ' ~ which ~ ')'
    ) -}}
{% endmacro %}
