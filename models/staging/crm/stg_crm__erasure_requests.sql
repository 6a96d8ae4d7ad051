{{ kept_records('erasure_requests') }}
