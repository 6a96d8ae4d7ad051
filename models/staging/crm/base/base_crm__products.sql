{{ cleaned_records('products') }}
