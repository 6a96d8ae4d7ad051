{{ kept_records('customers') }}
