{{ cleaned_records('erasure_requests') }}
