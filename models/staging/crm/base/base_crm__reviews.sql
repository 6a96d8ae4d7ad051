{{ cleaned_records('reviews') }}
