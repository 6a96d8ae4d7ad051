{{ cleaned_records('order_items') }}
