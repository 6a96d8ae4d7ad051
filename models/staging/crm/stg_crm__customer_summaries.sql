{{ kept_records('customer_summaries') }}
