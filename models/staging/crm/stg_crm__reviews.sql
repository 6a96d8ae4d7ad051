{{ config(enabled=('crm' in valid_var('source_systems'))) }}

{{ kept_records('crm', 'reviews') }}
