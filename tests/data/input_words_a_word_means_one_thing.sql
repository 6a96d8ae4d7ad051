with

words as (

    select
        kind,
        {{ folded('word') }} as folded_word,
        meaning
    from {{ ref('input_words') }}

)

select
    kind,
    folded_word
from words
group by kind, folded_word
having count(distinct meaning) > 1
