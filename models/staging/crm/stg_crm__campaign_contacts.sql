{{ kept_records('campaign_contacts') }}
