{{ kept_records('orders') }}
