{{ kept_records('visits') }}
