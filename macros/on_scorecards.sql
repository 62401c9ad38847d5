{#- Rows once for the scorecard of channels and once more, where they came by a campaign, for that of campaigns: adds
    scorecard and campaign, which is empty on the first. `relation` needs a campaign, empty where there is none. A text
    that holds an e-mail address names no campaign in public (definition D28). -#}
{% macro on_scorecards(relation, columns) %}
    select
        'channel' as scorecard,
        '' as campaign,
        {{ columns | join(', ') }}
    from {{ relation }}
    union all
    select
        'campaign' as scorecard,
        campaign,
        {{ columns | join(', ') }}
    from {{ relation }}
    where campaign <> '' and campaign not like '%_@_%'
{% endmacro %}
