{{ kept_records('order_items') }}
