{{ kept_records('products') }}
