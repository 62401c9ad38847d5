-- The first token of a lineage belongs to it, and no token took over from one of
-- another lineage (definition D9).
select tokens.*
from {{ ref('dim_tokens') }} as tokens
left join {{ ref('dim_tokens') }} as first_tokens
    on tokens.token_lineage_id = first_tokens.token_id
left join {{ ref('dim_tokens') }} as previous_tokens
    on tokens.previous_token_id = previous_tokens.token_id
where
    first_tokens.token_lineage_id is distinct from tokens.token_lineage_id
    or first_tokens.previous_token_id is not null
    or (tokens.previous_token_id is null) <> (tokens.token_id = tokens.token_lineage_id)
    or previous_tokens.token_lineage_id <> tokens.token_lineage_id
