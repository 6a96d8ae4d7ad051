{{ cleaned_records('orders') }}
