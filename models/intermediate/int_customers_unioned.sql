{{ unioned_records('customers') }}
