{{ kept_records('reviews') }}
