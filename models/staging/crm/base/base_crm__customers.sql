{{ cleaned_records('customers') }}
