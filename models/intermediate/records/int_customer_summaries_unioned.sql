{{ customer_records('customer_summaries') }}
