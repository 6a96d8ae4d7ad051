{{ cleaned_records('campaign_contacts') }}
