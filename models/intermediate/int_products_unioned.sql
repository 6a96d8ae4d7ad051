{{ unioned_records('products') }}
