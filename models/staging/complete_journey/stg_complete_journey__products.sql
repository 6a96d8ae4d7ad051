{{ config(enabled=('complete_journey' in valid_var('source_systems'))) }}

{{ kept_records('complete_journey', 'products') }}
