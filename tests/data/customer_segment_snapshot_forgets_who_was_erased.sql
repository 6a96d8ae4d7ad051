with

history as (

    select * from {{ ref('customer_segment_snapshot') }}

),

changed_ids as (

    select * from {{ ref('int_customer_id_changes') }}
    where reason <> 'returned_after_erasure'

)

select history.customer_id
from history
semi join changed_ids
    on history.customer_id = changed_ids.customer_id
