{{ cleaned_records('customer_summaries') }}
