{{ cleaned_records('visits') }}
